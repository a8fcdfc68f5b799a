/** The hard stop: the daemon writes a file while a budget with a hard stop is used up, and this reads it. */
import { isProject } from "../schema/projects.ts";
import { readFresh } from "./fresh-file.ts";

export const STOP_FILE = "stop.json";
/** How often the daemon touches the file, even without a change. */
export const STOP_TOUCH_MS = 30_000;
const STALE_MS = 120_000;

/** One budget that is used up. */
export type Stop = {
  scope: string;
  /** Scope of the spending, as `today` or `in shop`. */
  of: string;
  limit_usd: number;
  spent_usd: number;
  /** End of the day, week or month; null where the budget has none. */
  until_unix_ms: number | null;
  /** Only this session of Claude Code; null = every one. */
  session_id: string | null;
  /** Only this project: its path, or the last part of it; null = every one. */
  project: string | null;
};
/** `config` is the file in which the stops can be lifted. */
export type StopFile = { stops: Stop[]; config: string };

/** The known fields of a tool call before it runs. */
export type Call = { session_id: string; project_path: string };

/** Undefined if nothing stops this call, or when in doubt. */
export function findStop(
  folder: string,
  call: Call,
  now: number,
): { stop: Stop; config: string } | undefined {
  try {
    const file = readFresh(`${folder}/${STOP_FILE}`, now, STALE_MS) as StopFile | undefined;
    if (typeof file?.config !== "string") return undefined;
    const stop = file.stops.find((s) => isWhole(s) && isOn(s, call, now));
    return stop && { stop, config: file.config };
  } catch {
    return undefined;
  }
}

export function toReason({ scope, of, limit_usd, spent_usd, until_unix_ms }: Stop, config: string): string {
  const end = until_unix_ms === null ? "" : ` It ends by itself at ${new Date(until_unix_ms).toISOString()}.`;
  return (
    `hall-monitor: the ${scope} budget of ${dollars(limit_usd)} is used up (${dollars(spent_usd)} spent ${of}), ` +
    `and a hard stop is set for it. No tool runs until it is lifted.${end} To lift it now, a person can raise ` +
    `limit_usd or remove hard_stop in ${config}; that takes effect within seconds.`
  );
}

function isWhole(stop: Partial<Stop> | null): boolean {
  const { scope, of, limit_usd, spent_usd, until_unix_ms, session_id, project } = stop ?? {};
  return (
    [scope, of].every((t) => typeof t === "string") &&
    [limit_usd, spent_usd].every((n) => typeof n === "number" && Number.isFinite(n)) &&
    (until_unix_ms === null || typeof until_unix_ms === "number") &&
    [session_id, project].every((t) => t === null || typeof t === "string")
  );
}

function isOn({ until_unix_ms, session_id, project }: Stop, call: Call, now: number): boolean {
  if (until_unix_ms !== null && now >= until_unix_ms) return false;
  if (session_id !== null && session_id !== call.session_id) return false;
  return project === null || isProject(call.project_path, project);
}

const dollars = (usd: number) => `$${usd.toFixed(2)}`;
