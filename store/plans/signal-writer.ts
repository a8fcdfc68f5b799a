import type { Database } from "bun:sqlite";
import type { Sessions } from "../commit-sessions.ts";
import { metaOf } from "../meta.ts";
import { type PutEvent, toEvent } from "./commit.ts";
import type { PlanRow, PlanRows } from "./rows.ts";
import type { PlanSignal } from "./signals.ts";
import { startRound, type Transition } from "./transitions.ts";

/** Key in `meta`: pull requests without an identifiable plan. */
export const PLANS_AMBIGUOUS_PRS = "plans_ambiguous_prs";

type PrSignal = PlanSignal & { kind: "pr" };

/** Stores signals about plans that are not in their files: the start of a round, a pull request. */
export function createSignalWriter(db: Database, rows: PlanRows, sessions: Sessions) {
  const ofProject = db.query<PlanRow, [string]>(
    "select * from plans where (?1 = project_path or ?1 like project_path || '/%') and place <> 'gone'",
  );
  const meta = metaOf(db);
  const put = planSteps(rows, sessions);

  return (signal: PlanSignal, putEvent: PutEvent): void => {
    const near = signal.project_path === null ? [] : ofProject.all(signal.project_path);
    if (signal.kind === "orchestrate") {
      const wanted = signal.name.replace(/\/+$/, "").split("/").at(-1);
      const plan = near.find((p) => p.name === wanted);
      if (plan) put.orchestrate(plan, signal, putEvent);
      return;
    }
    const plan = planOfPr(near, signal);
    if (plan) put.pr(plan, signal, putEvent);
    else meta.set(PLANS_AMBIGUOUS_PRS, String(Number(meta.get(PLANS_AMBIGUOUS_PRS) ?? 0) + 1));
  };
}

function planSteps(rows: PlanRows, sessions: Sessions) {
  function putStep(plan: PlanRow, t: Transition & { kind: "plan" }, signal: PlanSignal, put: PutEvent): void {
    const { time_unix_ms, session_pk } = signal;
    const moment = { time_unix_ms, session_pk, time_quality: "exact" as const };
    put({ ...toEvent(plan, t, t.event_type, moment, sessions), origin: "hook" });
  }

  function orchestrate(plan: PlanRow, signal: PlanSignal, putEvent: PutEvent): void {
    const { time_unix_ms, session_pk } = signal;
    const { revisions, rounds, completions } = plan;
    const state = { is_known: true, revisions, rounds, completions, features: new Map() };
    const out: Transition[] = [];
    // A prompt that the manifest has overtaken starts nothing, even if it is read again.
    if (time_unix_ms > (plan.changed_unix_ms ?? 0)) startRound(state, out);
    for (const t of out) if (t.kind === "plan") putStep(plan, t, signal, putEvent);
    if (out.length === 0) return;
    const { plan_pk: _, ...row } = plan;
    rows.putPlan({
      ...row,
      rounds: state.rounds,
      session_pk: plan.session_pk ?? session_pk,
      started_unix_ms: plan.started_unix_ms ?? time_unix_ms,
      ended_unix_ms: null,
    });
  }

  function pr(plan: PlanRow, signal: PrSignal, putEvent: PutEvent): void {
    const { url } = signal;
    if (plan.pr_url === url) return;
    const count = plan.pr_url === null ? 0 : Number(/\d+$/.exec(url)?.[0] ?? 0);
    putStep(plan, { kind: "plan", event_type: "pr_created", count, data: { pr_url: url } }, signal, putEvent);
    const { plan_pk: _, ...row } = plan;
    rows.putPlan({ ...row, pr_url: url });
  }

  return { orchestrate, pr };
}

/** By its branch, else the only plan of the project that is or was in progress without a pull request. */
function planOfPr(near: readonly PlanRow[], { branches, session_pk }: PrSignal): PlanRow | undefined {
  const named = near.find((p) => branches.includes(p.name));
  if (named) return named;
  const open = near.filter((p) => p.started_unix_ms !== null && p.pr_url === null);
  const own = open.filter((p) => p.session_pk === session_pk);
  const found = own.length > 0 ? own : open;
  return found.length === 1 ? found[0] : undefined;
}
