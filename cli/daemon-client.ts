import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import type { RouteKey } from "../schema/api.ts";
import { type Address, addressOf } from "../schema/api-address.ts";
import type { Answer, Asking, AskingArgument } from "../schema/api-types.ts";
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

type Options = { headers?: Record<string, string>; signal?: AbortSignal };

/** The answer of a route of the contract as it comes in, for what streams. */
export function openRoute<Key extends RouteKey>(
  daemon: DaemonFile,
  key: Key,
  asking: Asking<Key>,
  options: Options = {},
): Promise<IncomingMessage> {
  return send(daemon, addressOf(key, ...([asking] as AskingArgument<Key>)), asking.body, options);
}

/**
 * Not `fetch`: that would send requests for this machine to the proxy of the environment. What asking takes is
 * loaded here and not with the file, because most commands find no daemon to ask.
 */
export async function send(
  daemon: DaemonFile,
  { method, path }: Address,
  json?: unknown,
  { headers, signal }: Options = {},
): Promise<IncomingMessage> {
  const { request } = await import("node:http");
  const { port } = new URL(daemon.url ?? "http://localhost:0");
  // The guard lets no POST pass that is not JSON.
  const body = method === "POST" ? JSON.stringify(json ?? {}) : undefined;
  return new Promise((resolve, reject) => {
    const r = request(
      {
        host: "127.0.0.1",
        port,
        path,
        method,
        headers: {
          authorization: `Bearer ${daemon.token}`,
          ...(body !== undefined && {
            "content-type": "application/json",
            "content-length": Buffer.byteLength(body),
          }),
          ...headers,
        },
        ...(signal && { signal }),
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

/** The JSON of a route, checked, or the problem that the daemon reports. */
export async function ask<Key extends RouteKey>(
  daemon: DaemonFile,
  key: Key,
  ...[asking]: AskingArgument<Key>
): Promise<Answer<Key>> {
  const answer = await openRoute(daemon, key, (asking ?? {}) as Asking<Key>, {
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const body = JSON.parse(await textOf(answer));
  if (answer.statusCode !== 200) throw await toError(body, key);
  return parseAnswer(key, body);
}

/** JSON of a route as its schema has it; throws where it does not fit. */
export async function parseAnswer<Key extends RouteKey>(key: Key, body: unknown): Promise<Answer<Key>> {
  const { answerSchema, ROUTES } = await import("../schema/api.ts");
  const schema = answerSchema(ROUTES[key]);
  if (!schema) throw new Error(`${key} does not answer in JSON`);
  return schema.parse(body) as Answer<Key>;
}

export async function toError(body: unknown, key: RouteKey): Promise<AppError> {
  const { ProblemDocument } = await import("../schema/envelope.ts");
  const problem = ProblemDocument.safeParse(body);
  if (!problem.success) return new AppError("internal", `${key} gave an answer that is not understood`);
  const { code, detail, hint } = problem.data;
  return new AppError(code, detail, hint === undefined ? {} : { hint });
}

/** The daemon of a data directory, if one answers now. */
export async function findDaemon(dataDir: string): Promise<DaemonFile | undefined> {
  const daemon = readDaemonFile(dataDir);
  if (daemon?.url == null) return undefined;
  try {
    await ask(daemon, "GET /healthz");
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
