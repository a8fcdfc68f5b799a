import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { readRegular } from "../hooks/regular.ts";
import type { RouteKey } from "../schema/api.ts";
import { type Address, addressOf } from "../schema/api-address.ts";
import type { Answer, RouteArgument, RouteInput, RouteParts } from "../schema/api-types.ts";
import { AppError } from "../schema/errors.ts";

/** The file of a running daemon in its data directory; without a URL while another program uses its port. */
export type DaemonFile = { pid: number; url: string | null; token: string; version: string };

const ANSWER_MS = 5000;
/** An identity check takes no time; while a daemon is busy for longer, its watchdog answers. */
const PROOF_MS = 2500;
const WATCHDOG_MS = 1000;

export function readDaemonFile(dataDir: string): DaemonFile | undefined {
  try {
    const { pid, url, token, version } = JSON.parse(
      readRegular(join(dataDir, "daemon.json"), "own").toString("utf8"),
    );
    if (!Number.isInteger(pid) || pid <= 0) return undefined;
    return { pid, url: typeof url === "string" ? url : null, token: String(token), version: String(version) };
  } catch {
    return undefined;
  }
}

type Options = { headers?: Record<string, string>; signal?: AbortSignal };

/** The response of a route of the contract, unread, for streams. */
export function openRoute<Key extends RouteKey, Given extends RouteInput<Key>>(
  daemon: DaemonFile,
  key: Key,
  input: RouteParts<Key, Given>,
  options: Options = {},
): Promise<IncomingMessage> {
  const given = [input] as unknown as RouteArgument<Key>;
  return send(daemon, addressOf(key, ...given), given[0]?.body, options);
}

/**
 * Not `fetch`: that would send requests for this machine to the proxy of the environment. The HTTP client is loaded
 * here and not with the file, because most commands find no daemon.
 */
export async function send(
  daemon: DaemonFile,
  { method, path }: Address,
  json?: unknown,
  { headers, signal }: Options = {},
): Promise<IncomingMessage> {
  const { request } = await import("node:http");
  const { port } = new URL(daemon.url ?? "http://localhost:0");
  // The guard only accepts JSON in a POST.
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

/** The validated JSON of a route, or the problem that the daemon reports. */
export async function callRoute<Key extends RouteKey, Given extends RouteInput<Key>>(
  daemon: DaemonFile,
  key: Key,
  ...[input]: RouteArgument<Key, Given>
): Promise<Answer<Key>> {
  const answer = await openRoute(daemon, key, (input ?? {}) as RouteParts<Key, Given>, {
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const body = JSON.parse(await textOf(answer));
  if (answer.statusCode !== 200) throw await toError(body, key);
  return parseAnswer(key, body);
}

/** JSON of a route, validated by its schema; throws if it does not match. */
export async function parseAnswer<Key extends RouteKey>(key: Key, body: unknown): Promise<Answer<Key>> {
  const { answerSchema, ROUTES } = await import("../schema/api.ts");
  const schema = answerSchema(ROUTES[key]);
  if (!schema) throw new Error(`${key} does not answer in JSON`);
  return schema.parse(body) as Answer<Key>;
}

export async function toError(body: unknown, key: RouteKey): Promise<AppError> {
  const { ProblemDocument } = await import("../schema/envelope.ts");
  const problem = ProblemDocument.safeParse(body);
  if (!problem.success) return new AppError("internal", `unexpected answer to ${key}`);
  const { code, detail, hint_for } = problem.data;
  const hint = hint_for === "api" ? undefined : problem.data.hint;
  return new AppError(code, detail, hint === undefined ? {} : { hint });
}

/**
 * The daemon of a data directory, if it answers now. The token is only sent to a process that has proved to know it.
 */
export async function findDaemon(dataDir: string): Promise<DaemonFile | undefined> {
  const daemon = readDaemonFile(dataDir);
  if (daemon?.url == null) return undefined;
  const answer = await challenge(daemon, {
    port: new URL(daemon.url).port,
    path: addressOf("GET /healthz").path,
  }).catch(() => undefined);
  answer?.resume();
  return answer && daemon;
}

/** A response of this daemon, or undefined if another program answers. */
export async function challenge(
  { token }: DaemonFile,
  to: { port: string; path: string } | { socketPath: string; path: string },
): Promise<IncomingMessage | undefined> {
  const [{ request }, { randomBytes }, { CHALLENGE_HEADER, isProof, PROOF_HEADER }] = await Promise.all([
    import("node:http"),
    import("node:crypto"),
    import("../viewer/proof.ts"),
  ]);
  const number = randomBytes(32).toString("hex");
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { [CHALLENGE_HEADER]: number };
    const signal = AbortSignal.timeout("port" in to ? PROOF_MS : WATCHDOG_MS);
    request({ ...("port" in to && { host: "127.0.0.1" }), ...to, headers, signal }, resolve)
      .on("error", reject)
      .end();
  });
  return isProof(answer.headers[PROOF_HEADER], token, number) ? answer : undefined;
}

export async function requireDaemon(dataDir: string): Promise<DaemonFile> {
  const daemon = await findDaemon(dataDir);
  if (daemon) return daemon;
  const { findPresence, toHungError, toPagelessError } = await import("./find-presence.ts");
  const presence = await findPresence(dataDir);
  if (presence.kind === "hung") throw toHungError(presence);
  if (presence.kind === "pageless") throw toPagelessError(presence);
  throw new AppError("not_running", `No daemon is running on ${dataDir}`, {
    hint: "start one: `hall-monitor start --detach`",
  });
}
