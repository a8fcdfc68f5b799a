import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { Answer, Answers } from "../schema/api.ts";
import { AppError } from "../schema/errors.ts";

/** What a running daemon leaves in its data directory; without a URL while another program has its port. */
export type DaemonFile = { pid: number; url: string | null; token: string };

const ANSWER_MS = 5000;

export function readDaemonFile(dataDir: string): DaemonFile | undefined {
  try {
    const { pid, url, token } = JSON.parse(readFileSync(join(dataDir, "daemon.json"), "utf8"));
    if (!Number.isInteger(pid) || pid <= 0) return undefined;
    return { pid, url: typeof url === "string" ? url : null, token: String(token) };
  } catch {
    return undefined;
  }
}

/** Whether the process is there and is ours: a number alone is soon given to another program. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    return /hall-monitor|cli\/main\.[jt]s/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    return false;
  }
}

export type Asking = {
  method?: "GET" | "POST";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/**
 * Not `fetch`: that would send requests for this machine to the proxy of the environment. What asking takes is
 * loaded here and not with the file, because most commands find no daemon to ask.
 */
export async function ask(daemon: DaemonFile, path: string, asking: Asking = {}): Promise<IncomingMessage> {
  const { request } = await import("node:http");
  const { port } = new URL(daemon.url ?? "http://localhost:0");
  const body = asking.body === undefined ? undefined : JSON.stringify(asking.body);
  return new Promise((resolve, reject) => {
    const r = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method: asking.method ?? "GET",
        headers: {
          authorization: `Bearer ${daemon.token}`,
          ...(body !== undefined && {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          }),
          ...asking.headers,
        },
        ...(asking.signal && { signal: asking.signal }),
      },
      resolve,
    );
    r.on("error", reject);
    r.end(body);
  });
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** An answer by its name in the contract, or the problem that the daemon states. */
export async function askFor<K extends keyof typeof Answers>(
  daemon: DaemonFile,
  name: K,
  path: string,
  asking: Asking = {},
): Promise<Answer<K>> {
  const answer = await ask(daemon, path, { signal: AbortSignal.timeout(ANSWER_MS), ...asking });
  const body = JSON.parse(await textOf(answer));
  if (answer.statusCode !== 200) throw await toError(body, path);
  const { Answers } = await import("../schema/api.ts");
  return Answers[name].parse(body) as Answer<K>;
}

export async function toError(body: unknown, path: string): Promise<AppError> {
  const { ProblemDocument } = await import("../schema/api.ts");
  const problem = ProblemDocument.safeParse(body);
  if (!problem.success) return new AppError("internal", `${path} gave an answer that is not understood`);
  const { code, detail, hint } = problem.data;
  return new AppError(code, detail, hint === undefined ? {} : { hint });
}

/** The daemon of a data directory, if one answers now. */
export async function findDaemon(dataDir: string): Promise<DaemonFile | undefined> {
  const daemon = readDaemonFile(dataDir);
  if (daemon?.url == null) return undefined;
  try {
    await askFor(daemon, "health", "/healthz");
    return daemon;
  } catch {
    return undefined;
  }
}

export async function requireDaemon(dataDir: string): Promise<DaemonFile> {
  const daemon = await findDaemon(dataDir);
  if (daemon) return daemon;
  throw new AppError("not_running", `No daemon runs on ${dataDir}`, {
    hint: "start one: `hall-monitor start --detach`",
  });
}
