import { DAY_MS } from "../../../schema/durations.ts";
import { finite, type Json, list, object, text } from "./json.ts";

/** input, cached, cache write, output, reasoning, total: as the vendor adds them up. */
export type Totals = [number, number, number, number, number, number];

/** State from the lines read so far for the following ones. Plain data: it is stored with the cursor. */
export type State = {
  thread: string;
  thread_is_dated: boolean;
  has_meta: boolean;
  meta_unix_ms: number;
  time_unix_ms: number;
  relation: "" | "fork" | "agent";
  parent: string;
  /** For a sub-agent: the top thread, to which it belongs at any depth. */
  root: string;
  /** Oldest ancestor with lines copied into this file: names counts of clients that wrote no turn ids. */
  lineage: string;
  has_copies: boolean;
  /** Lines with a lower ordinal are the parent's. */
  own_from_ordinal: number;
  /** Where to find the model while this file does not name it yet. */
  base_thread: string;
  model: string;
  tier: string;
  tier_known: boolean;
  turn: string;
  turn_is_copy: boolean;
  turn_started_unix_ms: number;
  turn_shown: boolean;
  /** The turn of prompt and requests; a different one if an aborted prompt is sent again. */
  prompt_id: string;
  /** Its digest: this is stored as it is. */
  prompt: string;
  aborted_turn: string;
  aborted_prompt_id: string;
  aborted_prompt: string;
  has_records: boolean;
  totals: Totals | null;
  last: Totals | null;
  counts_in_turn: number;
  acted: boolean;
  searches: number;
  compaction_open: boolean;
  /** Calls with an end measured by the client: their output lines add nothing. */
  measured: string[];
  /** The last calls, each with the time of its line. */
  calls: string[];
  /** The last rate-limit reading; an equal one is a repetition. */
  limits: string;
  limits_unix_ms: number;
};

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

function freshState(path: string): State {
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.jsonl(\.zst)?$/, "");
  return {
    thread: UUID.exec(name)?.[0] ?? name,
    thread_is_dated: false,
    has_meta: false,
    meta_unix_ms: 0,
    time_unix_ms: 0,
    relation: "",
    parent: "",
    root: "",
    lineage: "",
    has_copies: false,
    own_from_ordinal: 0,
    base_thread: "",
    model: "",
    tier: "",
    tier_known: false,
    turn: "",
    turn_is_copy: false,
    turn_started_unix_ms: 0,
    turn_shown: false,
    prompt_id: "",
    prompt: "",
    aborted_turn: "",
    aborted_prompt_id: "",
    aborted_prompt: "",
    has_records: false,
    totals: null,
    last: null,
    counts_in_turn: 0,
    acted: false,
    searches: 0,
    compaction_open: false,
    measured: [],
    calls: [],
    limits: "",
    limits_unix_ms: 0,
  };
}

/** Invalid fields of a stored state are dropped. */
export function loadState(path: string, stored: string): State {
  const state = freshState(path);
  if (stored === "") return state;
  let saved: Json | undefined;
  try {
    saved = object(JSON.parse(stored));
  } catch {
    return state;
  }
  if (!saved) return state;
  const target = state as Json;
  for (const [key, fallback] of Object.entries(state))
    if (fallback !== null && typeof saved[key] === typeof fallback) target[key] = saved[key];
  state.relation = saved.relation === "fork" || saved.relation === "agent" ? saved.relation : "";
  state.totals = totals(saved.totals);
  state.last = totals(saved.last);
  state.measured = list(saved.measured).map(text);
  state.calls = list(saved.calls).map(text);
  return state;
}

function totals(value: unknown): Totals | null {
  const numbers = list(value).map((n) => finite(n) ?? 0);
  return numbers.length === 6 ? (numbers as Totals) : null;
}

/** Unique across threads. */
export function isUuid(id: string): boolean {
  return id.length === 36 && UUID.test(id);
}

const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/;
const COPY_BURST_MS = 1000;

/** UUIDv7 begin with their time, so they sort by it; ids that only look like them do not. */
export function isDatedId(id: string, timeUnixMs: number): boolean {
  return (
    VERSION_7.test(id) &&
    Math.abs(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) - timeUnixMs) < DAY_MS
  );
}

/**
 * Whether a line was copied from the parent when the thread was forked: a turn that is older than its thread is a copy.
 * If ids have no time, lines from the second in which the file began are copies.
 */
export function isCopy(state: State, turn: string, ordinal: number, timeUnixMs: number): boolean {
  if (ordinal >= 0 && ordinal < state.own_from_ordinal) return true;
  if (!state.has_copies) return false;
  if (state.thread_is_dated && VERSION_7.test(turn)) return turn < state.thread;
  return timeUnixMs - state.meta_unix_ms < COPY_BURST_MS;
}

/** Time of a call's line, if it is one of the last; usually it is the newest. */
export function calledAt({ calls }: State, id: string): number | undefined {
  const head = `${id} `;
  const call = calls.findLast((known) => known.startsWith(head));
  return call === undefined ? undefined : Number(call.slice(head.length));
}
