import type { RouteKey } from "../../schema/api.ts";
import { addressOf, type RoutePath } from "../../schema/api-address.ts";
import type { Answer, RouteArgument, RouteInput } from "../../schema/api-types.ts";

/** The message for a failed request. */
export type Fault = { title: string; detail: string; hint?: string; status: number };
/** `next_cursor`: where the next page begins, of a route that answers in pages. */
export type Remote<T> = {
  data: T | null;
  fault: Fault | null;
  loading: boolean;
  next_cursor?: string | null | undefined;
};
export type Result<T> = { ok: true; answer: T } | { ok: false; fault: Fault };

/** Requests a route by its name in the contract. Never throws. */
export async function callRoute<
  Key extends Extract<RouteKey, `GET ${string}`>,
  Given extends RouteInput<Key>,
>(key: Key, ...input: RouteArgument<Key, Given>): Promise<Result<Answer<Key>>> {
  const loaded = await load(addressOf(key, ...input).path);
  if (loaded.kind === "fresh") return { ok: true, answer: loaded.body as Answer<Key> };
  return { ok: false, fault: loaded.kind === "fault" ? loaded.fault : GONE };
}

type Fresh = { kind: "fresh"; body: unknown; etag: string | undefined };
type Loaded =
  | Fresh
  /** Unchanged since the tag was issued. */
  | { kind: "same" }
  | { kind: "aborted" }
  | { kind: "fault"; fault: Fault };

export async function load(
  path: RoutePath,
  { signal, etag }: { signal?: AbortSignal; etag?: string } = {},
): Promise<Loaded> {
  const first = takeFirst(path);
  if (first) return first;
  try {
    const headers = { accept: "application/json", ...(etag && { "if-none-match": etag }) };
    const response = await fetch(path, { headers, ...(signal && { signal }) });
    if (response.status === 304) return { kind: "same" };
    const body = (await response.json().catch(() => null)) as unknown;
    if (signal?.aborted) return { kind: "aborted" };
    if (!response.ok || body === null) return { kind: "fault", fault: toFault(response, body) };
    return { kind: "fresh", body, etag: response.headers.get("etag") ?? undefined };
  } catch {
    return signal?.aborted ? { kind: "aborted" } : { kind: "fault", fault: GONE };
  }
}

/** A page that is older comes from the browser's cache, and so do its responses. */
const FIRST_MS = 10_000;
type First = { path: string; etag: string; body: unknown };

/** Responses embedded in the page; each is used once, so that a later request gets fresh data. */
const first_responses = new Map(readFirst().map((first) => [first.path, first]));

function readFirst(): First[] {
  const text = globalThis.document?.getElementById("first-responses")?.textContent;
  if (!text) return [];
  const { at_unix_ms, responses } = JSON.parse(text) as { at_unix_ms: number; responses: First[] };
  return Math.abs(Date.now() - at_unix_ms) < FIRST_MS ? responses : [];
}

export function takeFirst(path: string): Fresh | undefined {
  const first = first_responses.get(path);
  if (!first) return undefined;
  first_responses.delete(path);
  if (performance.now() > FIRST_MS) return undefined;
  return { kind: "fresh", body: first.body, etag: first.etag };
}

const GONE: Fault = {
  title: "The daemon is not responding",
  detail: "Recording continues: hooks write to the spool and nothing is lost.",
  hint: "Run `hall-monitor start`; this page reconnects automatically.",
  status: 0,
};

export function toFault(response: Response, body: unknown): Fault {
  const problem = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = (value: unknown, fallback: string) => (typeof value === "string" && value ? value : fallback);
  const fault: Fault = {
    title: text(problem.title, `The daemon answered ${response.status}`),
    detail: text(problem.detail, response.statusText),
    status: response.status,
  };
  const hint = text(problem.hint, passes(fault) ? AGAIN : "");
  return hint === "" ? fault : { ...fault, hint };
}

/** Temporary faults: no daemon, too many requests, a fault of the daemon or of its store. */
export const passes = ({ status }: Pick<Fault, "status">) => status === 0 || status === 429 || status >= 500;

const AGAIN = "This page retries automatically; `hall-monitor doctor` finds the cause.";
