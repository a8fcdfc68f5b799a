import { callDigest, type Loop } from "../../hooks/loops.ts";
import type { LoopGuard } from "../../schema/alerts.ts";
import type { StoredData } from "../../schema/event.ts";
import { parseJson } from "../../schema/text.ts";
import type { LoopEvent } from "../../store/queries/loop-events.ts";

type LoopRow = Pick<Loop, "session_id" | "agent_id" | "digest" | "failures">;
/** More sessions than ever have failing calls at once. */
const MOST = 1_000;

/** Counts consecutive failures of the last call, per agent and session. */
export function createLoopTracker() {
  const rows = new Map<string, LoopRow>();

  function failed(key: string, { session_id, agent_id, tool_name, data }: LoopEvent): void {
    const { tool_input, is_interrupt } = parseJson(data) as StoredData<"tool_failed">;
    if (is_interrupt === true) return;
    // A redacted or truncated call cannot be distinguished from another one: such calls are never in a loop.
    const digest = tool_name !== null && isWhole(tool_input) ? callDigest({ tool_name, tool_input }) : null;
    const known = rows.get(key);
    rows.delete(key);
    if (digest === null) return;
    const failures = known?.digest === digest ? known.failures + 1 : 1;
    rows.set(key, { session_id, agent_id, digest, failures });
    if (rows.size > MOST) rows.delete(rows.keys().next().value!);
  }

  return {
    note(event: LoopEvent): void {
      const key = JSON.stringify([event.session_id, event.agent_id]);
      if (event.event_type === "tool_failed") failed(key, event);
      else rows.delete(key);
    },
    forget: (): void => rows.clear(),
    loops: ({ warn_after, deny_after }: LoopGuard): Loop[] =>
      [...rows.values()].filter((r) => r.failures >= warn_after).map((r) => ({ ...r, deny_after })),
  };
}

/** Whether it is stored as the client sent it: neither redacted nor truncated. */
function isWhole(value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value === "string") return !value.includes("[redacted:") && !value.endsWith("…");
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every(isWhole);
  const names = new Set(Object.keys(value));
  const isCut = [...names].some((n) => /^field_count$|_(?:bytes|count)$/.test(n));
  return !isCut && Object.values(value).every(isWhole);
}
