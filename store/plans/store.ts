import type { Database } from "bun:sqlite";
import { sqlNames, VENDOR_NAMES } from "../../schema/vendors.ts";
import type { Sessions } from "../commit-sessions.ts";
import { metaOf } from "../meta.ts";
import { CALL_END_MS, planCalls } from "./calls.ts";
import { type PutEvent, planCommits } from "./commit.ts";
import type { PlanObservation } from "./observation.ts";
import type { PlanRow, PlanRows } from "./rows.ts";
import { createSignalWriter } from "./signal-writer.ts";
import { type FoundSignals, planSignals } from "./signals.ts";

/** Keys in `meta`: how far events were searched for signals, and when plans were last scanned. */
const PLANS_SEQ = "plans_seq";
const PLANS_SCANNED = "plans_looked_unix_ms";

/** What the next scan compares with. */
export type KnownPlan = Pick<
  PlanRow,
  "plan_key" | "project_path" | "name" | "path" | "place" | "state" | "manifest_inode" | "manifest_hash"
> & { first_ids: string };

const KNOWN = `
  select plan_key, project_path, name, path, place, state, manifest_inode, manifest_hash,
    (select group_concat(feature_id, ' ') from
      (select feature_id from plan_features f where f.plan_pk = p.plan_pk order by feature_pk limit 10)) as first_ids
  from plans p where name <> ''`;
const PROJECTS = `
  select project_path, max(last_unix_ms) as last from sessions
  where project_path is not null and last_unix_ms >= ? and source in (${sqlNames(VENDOR_NAMES)})
    and source_session_id not like 'doctor-%'
  group by project_path order by last desc limit 1000`;

/** Queries of the plan tracker, and the rows that it writes within a transaction. */
export function planStore(db: Database, rows: PlanRows, sessions: Sessions) {
  const commits = planCommits(db, rows, sessions);
  const calls = planCalls(db);
  const signals = planSignals(db);
  const known = db.query<KnownPlan, []>(KNOWN);
  const projects = db.query<{ project_path: string }, [number]>(PROJECTS);
  const meta = metaOf(db);
  const putSignal = createSignalWriter(db, rows, sessions);

  return {
    known: (): KnownPlan[] => known.all(),
    /** Projects with a sign of life since then, the latest first. */
    projects: (since_unix_ms: number): string[] => projects.all(since_unix_ms).map((r) => r.project_path),
    scannedAt: (): number | null => Number(meta.get(PLANS_SCANNED)) || null,
    /** Whether the tool call that wrote it is known: then there is nothing to wait for. */
    isExplained(plan: PlanObservation): boolean {
      const { changed_unix_ms } = plan;
      const call = calls.covering(calls.on(plan, changed_unix_ms - CALL_END_MS), changed_unix_ms);
      // A call that ended earlier may be of another session: the writing one is not read yet.
      return call?.ended_unix_ms != null && call.ended_unix_ms >= changed_unix_ms;
    },
    searchedTo: (): number => Number(meta.get(PLANS_SEQ) ?? 0),
    nextSignals: (from: number): FoundSignals => signals.after(from),
    /** Within the caller's transaction. */
    put(plans: readonly PlanObservation[], scanned_unix_ms: number, putEvent: PutEvent): void {
      for (const plan of plans) commits.put(plan, putEvent);
      meta.set(PLANS_SCANNED, String(scanned_unix_ms));
    },
    putSignals(found: FoundSignals, putEvent: PutEvent): void {
      for (const signal of found.signals) putSignal(signal, putEvent);
      meta.set(PLANS_SEQ, String(found.seq));
    },
  };
}
