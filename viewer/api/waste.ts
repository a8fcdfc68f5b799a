import type { Waste, WasteEvidence, WasteFinding } from "../../schema/api-waste.ts";
import { WEEK_MS } from "../../schema/durations.ts";
import { headline } from "../../schema/headline.ts";
import { projectOf } from "../../schema/projects.ts";
import { WASTE_KIND_NAMES, WASTE_KINDS, type WasteKind } from "../../schema/waste.ts";
import type { Judged } from "../../store/judged/judged.ts";
import type { WasteSession } from "../../store/queries/waste.ts";
import { type Cause, causesOf, nanoOf } from "../../store/waste/causes.ts";
import type { Occurrence } from "../../store/waste/occurrence.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { judgedOf, times } from "./answer.ts";

const MOST_EVIDENCE = 10;
const MOST_NAMED = 20;

export function wasteHandlers(deps: ViewerDeps) {
  const { waste: queries } = judgedOf(deps);
  return {
    "GET /api/waste": async ({ query }) => {
      const now = deps.now?.() ?? Date.now();
      const { zone, ...asked } = times(deps, query);
      // A range in the future has no preceding range of the same length.
      const until = Math.min(asked.until_unix_ms ?? now + 1, now + 1);
      // A named session may be old.
      const span = query.session_id === undefined ? WEEK_MS : until;
      const from = asked.from_unix_ms ?? until - span;
      const causes = async (a: number, b: number) => {
        const found = await queries.occurrences(query, a, b, now);
        return causesOf(found, (o) => nameOf(o, queries)).filter((c) => query.kind?.includes(c.kind) ?? true);
      };
      const start = from - (until - from);
      const before = start >= 0 ? await causes(start, from) : null;
      const data: Waste = {
        from_unix_ms: from,
        until_unix_ms: until,
        before_from_unix_ms: before && start,
        ...queries.sums(query, from, until),
        ...compared(await causes(from, until), before, query, queries.sessionOf),
      };
      return { data, time_zone: zone };
    },
  } satisfies Partial<Handlers>;
}

type Queries = Judged["waste"];

function nameOf(o: Occurrence, queries: Queries) {
  const { project_path } = queries.sessionOf(o.session_pk);
  const project = project_path === null ? null : projectOf(project_path);
  if (o.kind !== "agent_model") return { what: o.what, project };
  const named = queries.agentTypeOf(o.session_pk, o.agent_id);
  return { what: `${named ?? "sub-agent"}: ${o.what}`, project };
}

const counted = (causes: readonly Cause[]) => causes.reduce((sum, c) => sum + c.counted_nano_usd, 0);

function compared(
  causes: Cause[],
  before: Cause[] | null,
  { kind, limit }: { kind?: WasteKind[] | undefined; limit: number },
  sessionOf: Queries["sessionOf"],
) {
  const then = new Map(before?.map((c) => [c.key, c.nano_usd]));
  const now = new Set(causes.map((c) => c.key));
  const gone = before?.filter((c) => !now.has(c.key)) ?? [];
  const rest = causes.slice(limit);
  return {
    total_nano_usd: counted(causes),
    before_total_nano_usd: before && counted(before),
    kinds: WASTE_KIND_NAMES.filter((name) => kind?.includes(name) ?? true).map((name) => {
      const own = causes.filter((c) => c.kind === name);
      return {
        kind: name,
        label: WASTE_KINDS[name].label,
        what: WASTE_KINDS[name].what,
        findings: own.length,
        nano_usd: counted(own),
        before_nano_usd: before && counted(before.filter((c) => c.kind === name)),
      };
    }),
    findings: causes.slice(0, limit).map((c) => toFinding(c, before && (then.get(c.key) ?? 0), sessionOf)),
    others: { findings: rest.length, counted_nano_usd: counted(rest) },
    gone: gone.slice(0, MOST_NAMED).map((c) => ({ ...named(c), before_nano_usd: c.nano_usd })),
  };
}

const named = ({ kind, key, what, project }: Cause) => ({ kind, key, what, project });

function toFinding(
  cause: Cause,
  before_nano_usd: number | null,
  sessionOf: (session_pk: number) => WasteSession,
): WasteFinding {
  const { occurrences, nano_usd, counted_nano_usd } = cause;
  const rows = occurrences.flatMap((o) => o.claims.map((c) => c.seq));
  return {
    ...named(cause),
    nano_usd,
    counted_nano_usd,
    before_nano_usd,
    occurrences: occurrences.length,
    sessions: new Set(occurrences.map((o) => o.session_pk)).size,
    requests: new Set(rows).size,
    advice: WASTE_KINDS[cause.kind].advice,
    evidence: occurrences.slice(0, MOST_EVIDENCE).map((o) => toEvidence(o, sessionOf(o.session_pk))),
  };
}

function toEvidence(o: Occurrence, { session_key, title }: WasteSession): WasteEvidence {
  const rows = o.claims;
  return {
    session_key,
    title: headline(title),
    agent_id: o.agent_id,
    nano_usd: nanoOf(o),
    tokens: o.tokens,
    from_unix_ms: rows[0]!.time_unix_ms,
    until_unix_ms: rows.at(-1)!.time_unix_ms,
    requests: rows.length,
    request_keys: rows.slice(0, MOST_NAMED).map((r) => r.request_key),
    tool_calls: o.calls.slice(0, MOST_NAMED).map(({ tool_use_id, tool_name, summary }) => ({
      tool_use_id,
      tool_name,
      summary,
    })),
  };
}
