import type { Database } from "bun:sqlite";
import { sqlNames, VENDOR_NAMES } from "../../schema/vendors.ts";
import type { Sessions } from "../commit-sessions.ts";
import { metaOf } from "../meta.ts";
import { CALL_END_MS, planCalls } from "./calls.ts";
import { type PutEvent, planCommits, toEvent } from "./commit.ts";
import type { PlanObservation } from "./observation.ts";
import type { PlanRow, PlanRows } from "./rows.ts";
import { type FoundSignals, type PlanSignal, planSignals } from "./signals.ts";
import { startRound, type Transition } from "./transitions.ts";

/** Keys in `meta`: up to where events were searched for signals, when plans were last looked at, lost signals. */
const PLANS_SEQ = "plans_seq";
const PLANS_LOOKED = "plans_looked_unix_ms";
export const PLANS_AMBIGUOUS_PRS = "plans_ambiguous_prs";

/** What the next look compares with. */
export type KnownPlan = Pick<
  PlanRow,
  "plan_key" | "project_path" | "name" | "path" | "place" | "state" | "manifest_inode" | "manifest_hash"
> & { first_ids: string };

/** What a tracker of plans asks of the database, and the rows that it writes within a transaction. */
export function planStore(db: Database, rows: PlanRows, sessions: Sessions) {
  const commits = planCommits(db, rows, sessions);
  const calls = planCalls(db);
  const signals = planSignals(db);
  const known = db.query<KnownPlan, []>(`
    select plan_key, project_path, name, path, place, state, manifest_inode, manifest_hash,
      (select group_concat(feature_id, ' ') from
        (select feature_id from plan_features f where f.plan_pk = p.plan_pk order by feature_pk limit 10)) as first_ids
    from plans p where name <> ''`);
  const projects = db.query<{ project_path: string }, [number]>(`
    select project_path, max(last_unix_ms) as last from sessions
    where project_path is not null and last_unix_ms >= ? and source in (${sqlNames(VENDOR_NAMES)})
      and source_session_id not like 'doctor-%'
    group by project_path order by last desc limit 1000`);
  const ofProject = db.query<PlanRow, [string]>(
    "select * from plans where (?1 = project_path or ?1 like project_path || '/%') and place <> 'gone'",
  );
  const meta = metaOf(db);

  function putSignal(signal: PlanSignal, putEvent: PutEvent): void {
    const near = signal.project_path === null ? [] : ofProject.all(signal.project_path);
    if (signal.kind === "orchestrate") {
      const wanted = signal.name.replace(/\/+$/, "").split("/").at(-1);
      const plan = near.find((p) => p.name === wanted);
      if (plan) orchestrate(plan, signal, putEvent);
      return;
    }
    const plan = planOfPr(near, signal);
    if (plan) pr(plan, signal, putEvent);
    else meta.set(PLANS_AMBIGUOUS_PRS, String(Number(meta.get(PLANS_AMBIGUOUS_PRS) ?? 0) + 1));
  }

  /** By its branch, else the one plan of the project that is or was worked on and has no pull request yet. */
  function planOfPr(
    near: readonly PlanRow[],
    { branches, session_pk }: PlanSignal & { kind: "pr" },
  ): PlanRow | undefined {
    const named = near.find((p) => branches.includes(p.name));
    if (named) return named;
    const open = near.filter((p) => p.started_unix_ms !== null && p.pr_url === null);
    const own = open.filter((p) => p.session_pk === session_pk);
    const found = own.length > 0 ? own : open;
    return found.length === 1 ? found[0] : undefined;
  }

  function orchestrate(plan: PlanRow, { time_unix_ms, session_pk }: PlanSignal, putEvent: PutEvent): void {
    const { revisions, rounds, completions } = plan;
    const state = { is_known: true, revisions, rounds, completions, features: new Map() };
    const out: Transition[] = [];
    // A prompt that the manifest has overtaken begins nothing, also when it is read once more.
    if (time_unix_ms > (plan.changed_unix_ms ?? 0)) startRound(state, out);
    for (const t of out) if (t.kind === "plan") put(plan, t, { time_unix_ms, session_pk }, putEvent);
    if (out.length === 0) return;
    const { plan_pk: _, ...row } = plan;
    const started_unix_ms = plan.started_unix_ms ?? time_unix_ms;
    rows.putPlan({
      ...row,
      rounds: state.rounds,
      session_pk: plan.session_pk ?? session_pk,
      started_unix_ms,
      ended_unix_ms: null,
    });
  }

  function pr(
    plan: PlanRow,
    { url, time_unix_ms, session_pk }: PlanSignal & { kind: "pr" },
    putEvent: PutEvent,
  ): void {
    if (plan.pr_url === url) return;
    const count = plan.pr_url === null ? 0 : Number(/\d+$/.exec(url)?.[0] ?? 0);
    const t = { kind: "plan", event_type: "pr_created", count, data: { pr_url: url } } as const;
    put(plan, t, { time_unix_ms, session_pk }, putEvent);
    const { plan_pk: _, ...row } = plan;
    rows.putPlan({ ...row, pr_url: url });
  }

  function put(
    plan: PlanRow,
    t: Transition & { kind: "plan" },
    at: Pick<PlanSignal, "time_unix_ms" | "session_pk">,
    putEvent: PutEvent,
  ): void {
    const moment = { ...at, time_quality: "exact" as const };
    putEvent({ ...toEvent(plan, t, t.event_type, moment, sessions), origin: "hook" });
  }

  return {
    known: (): KnownPlan[] => known.all(),
    /** Projects with a sign of life since then, the latest first. */
    projects: (since_unix_ms: number): string[] => projects.all(since_unix_ms).map((r) => r.project_path),
    lookedAt: (): number | null => Number(meta.get(PLANS_LOOKED)) || null,
    /** Whether a tool call is known that wrote it: nothing more has to be waited for. */
    isExplained(plan: PlanObservation): boolean {
      const { changed_unix_ms } = plan;
      const call = calls.covering(calls.on(plan, changed_unix_ms - CALL_END_MS), changed_unix_ms);
      // One that ended before it may be of another session: the one that wrote is not read yet.
      return call?.ended_unix_ms != null && call.ended_unix_ms >= changed_unix_ms;
    },
    searchedTo: (): number => Number(meta.get(PLANS_SEQ) ?? 0),
    nextSignals: (from: number): FoundSignals => signals.after(from),
    /** Within the caller's transaction. */
    put(plans: readonly PlanObservation[], looked_unix_ms: number, putEvent: PutEvent): void {
      for (const plan of plans) commits.put(plan, putEvent);
      meta.set(PLANS_LOOKED, String(looked_unix_ms));
    },
    putSignals(found: FoundSignals, putEvent: PutEvent): void {
      for (const signal of found.signals) putSignal(signal, putEvent);
      meta.set(PLANS_SEQ, String(found.seq));
    },
  };
}
