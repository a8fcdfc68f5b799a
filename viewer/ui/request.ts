import type { RouteKey } from "../../schema/api.ts";
import { addressOf } from "../../schema/api-address.ts";
import type { Answer, AskingArgument } from "../../schema/api-types.ts";

/** What a person is shown when an answer did not come. */
export type Fault = { title: string; detail: string; hint?: string; status: number };
export type Remote<T> = { data: T | null; fault: Fault | null; loading: boolean };
export type Result<T> = { ok: true; answer: T } | { ok: false; fault: Fault };

/** Asks a route by its name in the contract. Never throws. */
export async function ask<Key extends Extract<RouteKey, `GET ${string}`>>(
  key: Key,
  ...asking: AskingArgument<Key>
): Promise<Result<Answer<Key>>> {
  let response: Response;
  try {
    response = await fetch(addressOf(key, ...asking).path, { headers: { accept: "application/json" } });
  } catch {
    return { ok: false, fault: GONE };
  }
  const body = (await response.json().catch(() => null)) as unknown;
  if (response.ok && body !== null) return { ok: true, answer: body as Answer<Key> };
  return { ok: false, fault: toFault(response, body) };
}

const GONE: Fault = {
  title: "The daemon does not answer",
  detail: "Recording goes on: hooks write to the spool and nothing is lost.",
  hint: "Run `hall-monitor start`; this page then goes on by itself.",
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
  return typeof problem.hint === "string" ? { ...fault, hint: problem.hint } : fault;
}
