import type { Database } from "bun:sqlite";
import type { LimitShare, Unattributed } from "../../schema/api-why.ts";
import type { LimitCause } from "../../schema/limit-causes.ts";
import { projectOf } from "../../schema/projects.ts";
import { mainLimitId, type Reading, sameWindow } from "../../schema/rate-limits.ts";
import { PROMPT_OF } from "./attribution.ts";
import { CAN_BE, type LimitRow } from "./limits.ts";

const MINUTE_MS = 60_000;
const MICRO = 1_000_000;
/** Enough of a prompt to recognize it. */
const LABEL_CHARS = 100;

type Spent = {
  seq: number;
  time_unix_ms: number;
  model: string;
  cost_nano_usd: number | null;
  grp: string;
  label: string | null;
  project_path: string | null;
};
/** `used_micro_percent` is the growth of the window since the previous step. */
export type Step = { from_unix_ms: number; until_unix_ms: number; used_micro_percent: number };
export type Weighed = { time_unix_ms: number; cost_nano_usd: number | null };
type Params = [string, string, number, number];

const AGENT = "left join agents a on a.session_pk = r.session_pk and a.agent_id = r.agent_id";
const SESSION_KEY = "s.source || ':' || s.source_session_id";
const CAUSES: Record<LimitCause, { key: string; label?: string; join?: string }> = {
  session: { key: SESSION_KEY },
  prompt: {
    key: PROMPT_OF,
    label: `substr(t.prompt, 1, ${LABEL_CHARS})`,
    join: "left join turns t on t.session_pk = r.session_pk and t.prompt_id = r.prompt_id",
  },
  model: { key: "r.model" },
  skill: { key: "coalesce(r.skill, '')" },
  agent: {
    key: `iif(r.agent_id = '', '', ${SESSION_KEY} || '/' || r.agent_id)`,
    label: "coalesce(a.description, a.agent_type, r.agent_type)",
    join: AGENT,
  },
  agent_type: { key: "coalesce(r.agent_type, a.agent_type, '')", join: AGENT },
  project: { key: "''" },
};

/**
 * The times at which the window rose, oldest first. Readings are rounded and come from several clients, so one that
 * does not exceed all before it is ignored: requests between two rises belong to the later one.
 */
export function stepsOf(readings: readonly Reading[], from_unix_ms: number): Step[] {
  let highest = 0;
  let from = from_unix_ms;
  return readings.flatMap((r) => {
    const now = Math.round(r.used_percent * MICRO);
    if (now <= highest) return [];
    const step = { from_unix_ms: from, until_unix_ms: r.time_unix_ms, used_micro_percent: now - highest };
    highest = now;
    from = r.time_unix_ms;
    return [step];
  });
}

/** Divides by cost, in whole numbers that add up to the step exactly; null without any weight. */
export function shareOut(step: Step, requests: readonly Weighed[]): number[] | null {
  const costs = requests.map((r) => BigInt(Math.max(0, r.cost_nano_usd ?? 0)));
  const total = costs.reduce((sum, c) => sum + c, 0n);
  if (total === 0n) return null;
  let reached = 0n;
  let given = 0n;
  return costs.map((cost) => {
    reached += cost;
    const until = (BigInt(step.used_micro_percent) * reached) / total;
    const share = Number(until - given);
    given = until;
    return share;
  });
}

/**
 * The requests that count towards a window: for `weekly_opus`, those of models with that name. Undefined if unknown.
 */
function modelOf({ source, limit_id, window }: LimitRow): string | null | undefined {
  if (limit_id !== (mainLimitId(source) ?? limit_id)) return undefined;
  return window.includes("_") ? window.slice(window.indexOf("_") + 1).toLowerCase() : null;
}

/** Attribution of a window: its readings joined with the requests that ended between them. */
export function limitAttributionQueries(db: Database) {
  const readings = db.query<Reading, [string, string, string, string, number, number]>(`
    select used_percent, resets_at_unix_ms, window_minutes, time_unix_ms from rate_limit_samples
    where source = ?1 and account = ?2 and limit_id = ?3 and window = ?4 and ${CAN_BE}
      and time_unix_ms between ?5 and ?6 order by time_unix_ms, sample_pk`);

  function spent(by: LimitCause, row: LimitRow, from: number, until: number): Spent[] {
    const { key, label = "null", join = "" } = CAUSES[by];
    return db
      .query<Spent, Params>(`
        select r.seq, r.time_unix_ms, r.model, r.cost_nano_usd, ${key} as grp, ${label} as label, s.project_path
        from requests r join sessions s using (session_pk) ${join}
        where r.source = ?1 and coalesce(s.account, 'default') = ?2 and r.time_unix_ms > ?3 and r.time_unix_ms <= ?4
        order by r.time_unix_ms, r.seq`)
      .all(row.source, row.account, from, until)
      .map((r) => (by === "project" ? { ...r, grp: projectOf(r.project_path ?? "") } : r));
  }

  return {
    attribute(row: LimitRow, by: LimitCause) {
      const length = row.window_minutes === null ? null : row.window_minutes * MINUTE_MS;
      const start =
        length === null
          ? null
          : Math.min((row.resets_at_unix_ms ?? row.time_unix_ms) - length, row.time_unix_ms);
      const all = readings.all(
        ...([row.source, row.account, row.limit_id, row.window] as const),
        start ?? 0,
        row.time_unix_ms,
      );
      const own = all.filter((r) => sameWindow(r, row));
      const from_unix_ms = start ?? own[0]?.time_unix_ms ?? row.time_unix_ms;
      const steps = stepsOf(own, from_unix_ms);
      const model = modelOf(row);
      const requests = spent(by, row, from_unix_ms, row.time_unix_ms).filter(
        (r) => !model || r.model.toLowerCase().includes(model),
      );
      return {
        from_unix_ms,
        until_unix_ms: row.time_unix_ms,
        readings: own.length,
        used_micro_percent: steps.reduce((sum, s) => sum + s.used_micro_percent, 0),
        ...gather(steps, requests, model === undefined),
      };
    },
  };
}

/** Both are in the order of time, so one walk over each is enough. */
function gather(steps: readonly Step[], requests: readonly Spent[], isModelUnknown: boolean) {
  const shares = new Map<string, LimitShare>();
  const left = new Map<Unattributed, number>();
  const leave = (reason: Unattributed, used: number) => left.set(reason, (left.get(reason) ?? 0) + used);
  let at = 0;
  for (const step of steps) {
    const first = at;
    while (at < requests.length && requests[at]!.time_unix_ms <= step.until_unix_ms) at++;
    const between = requests.slice(first, at);
    const parts = isModelUnknown ? null : shareOut(step, between);
    if (isModelUnknown) leave("models_unknown", step.used_micro_percent);
    else if (!parts) leave(between.length > 0 ? "no_price" : "no_requests", step.used_micro_percent);
    else for (const [i, request] of between.entries()) add(shares, request, parts[i]!);
  }
  return {
    shares: [...shares.values()].sort(
      (a, b) =>
        b.used_micro_percent - a.used_micro_percent ||
        b.cost_nano_usd - a.cost_nano_usd ||
        (a.key < b.key ? -1 : 1),
    ),
    unattributed: [...left].map(([reason, used_micro_percent]) => ({ reason, used_micro_percent })),
  };
}

function add(shares: Map<string, LimitShare>, request: Spent, used_micro_percent: number): void {
  const share = shares.get(request.grp) ?? {
    key: request.grp,
    label: request.label,
    requests: 0,
    cost_nano_usd: 0,
    used_micro_percent: 0,
  };
  shares.set(request.grp, share);
  share.requests++;
  share.cost_nano_usd += request.cost_nano_usd ?? 0;
  share.used_micro_percent += used_micro_percent;
}
