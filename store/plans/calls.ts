import type { Database } from "bun:sqlite";
import { DAY_MS } from "../../schema/durations.ts";
import type { StoredData } from "../../schema/event.ts";
import { sqlNames, VENDOR_NAMES } from "../../schema/vendors.ts";
import type { PlanObservation } from "./observation.ts";
import type { ManifestCall } from "./replay.ts";

/** A tool call may report its end this long after it wrote the file. */
export const CALL_END_MS = 2000;
/** A file's time and a hook's clock differ by the file system's grain. */
const GRAIN_MS = 50;
/** How far back the first scan reads calls. */
const FIRST_SCAN_MS = DAY_MS;
/** The summary of a call is truncated here: a file name may have followed. */
const SUMMARY_LIMIT = 200;

type CallRow = Omit<ManifestCall, "input"> & { tool_use_id: string; project_path: string | null };
type Window = { from: number; to: number; like: string; cut: number };

/** The sessions and tool calls that worked on a plan. */
export function planCalls(db: Database) {
  const calls = db.query<CallRow, Window>(`
    select c.session_pk, c.tool_use_id, coalesce(c.tool_name, '') as tool_name, c.started_unix_ms, c.ended_unix_ms,
      coalesce(c.summary, '') as summary, s.project_path
    from sessions s join tool_calls c on c.session_pk = s.session_pk
    where coalesce(s.last_unix_ms, 0) >= $from and coalesce(s.started_unix_ms, 0) <= $to
      and coalesce(c.started_unix_ms, c.ended_unix_ms) <= $to and coalesce(c.ended_unix_ms, $to) >= $from
      and c.outcome in ('completed', 'running') and (c.summary like $like escape '\\' or length(c.summary) >= $cut)
    order by coalesce(c.ended_unix_ms, $to), c.started_unix_ms limit 500`);
  const input = db.query<{ data: string }, [number, string]>(`
    select data from events where session_pk = ? and tool_use_id = ? and event_type in ('tool_completed', 'tool_started')
    order by seq desc limit 1`);
  const active = db.query<{ session_pk: number }, { project: string; below: string; at: number }>(`
    select session_pk from sessions
    where source in (${sqlNames(VENDOR_NAMES)}) and source_session_id not like 'doctor-%'
      and (project_path = $project or project_path like $below escape '\\')
      and started_unix_ms <= $at and coalesce(ended_unix_ms, last_unix_ms + 300000) >= $at
    limit 2`);

  function inputOf(session_pk: number, tool_use_id: string): Record<string, unknown> | undefined {
    const data = input.get(session_pk, tool_use_id)?.data;
    if (data === undefined) return undefined;
    const { tool_input } = JSON.parse(data) as StoredData<"tool_started">;
    return typeof tool_input === "object" && tool_input !== null
      ? (tool_input as Record<string, unknown>)
      : undefined;
  }

  /** Calls that name the plan's files and ended after `after`, in the order of their ends. */
  function on(plan: PlanObservation, after: number | null): ManifestCall[] {
    const to = plan.changed_unix_ms + CALL_END_MS;
    const from = after ?? Math.max(plan.created_unix_ms - GRAIN_MS, to - FIRST_SCAN_MS);
    const name = plan.name.replace(/[\\%_]/g, (c) => `\\${c}`);
    const like = plan.place === "top" ? "%manifest.jsonl%" : `%${name}%`;
    return calls
      .all({ from, to, like, cut: SUMMARY_LIMIT })
      .flatMap(({ tool_use_id, project_path, ...call }) => {
        const found: ManifestCall = { ...call, input: inputOf(call.session_pk, tool_use_id) };
        return isNaming(found, plan, project_path) ? [found] : [];
      });
  }

  return {
    on,
    /** The call that made the change at that time. */
    covering: (found: readonly ManifestCall[], at: number): ManifestCall | undefined =>
      found.findLast(
        (c) =>
          (c.started_unix_ms ?? c.ended_unix_ms ?? at) <= at + GRAIN_MS &&
          (c.ended_unix_ms === null ||
            (c.ended_unix_ms >= at - GRAIN_MS && c.ended_unix_ms <= at + CALL_END_MS)),
      ),
    /** The only session that was active in the project at that time. */
    onlyActive(project: string, at: number): number | null {
      const below = `${project.replace(/[\\%_]/g, (c) => `\\${c}`)}/%`;
      const found = active.all({ project, below, at });
      return found.length === 1 ? found[0]!.session_pk : null;
    },
  };
}

const EDITS = /^(?:Edit|Write|MultiEdit|NotebookEdit|apply_patch|str_replace\w*|create_file)$/;

function isNaming(
  { tool_name, summary, input }: ManifestCall,
  plan: PlanObservation,
  project: string | null,
): boolean {
  const fields = [input?.file_path, input?.path, input?.command, input?.cmd].filter(
    (v) => typeof v === "string",
  );
  const texts = [summary, ...fields];
  if (
    EDITS.test(tool_name) &&
    plan.named_as.some((path) => texts.some((t) => t === path || t === path.slice(0, SUMMARY_LIMIT)))
  )
    return true;
  if (EDITS.test(tool_name) && tool_name !== "apply_patch") return false;
  const isHere =
    project !== null && (project === plan.project_path || project.startsWith(`${plan.project_path}/`));
  return plan.named_as.some(
    (path) => (path.startsWith("/") || isHere) && texts.some((t) => t.includes(path)),
  );
}
