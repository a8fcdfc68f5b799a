import type { Database } from "bun:sqlite";
import { inScope, type Params, type Scope } from "./scope.ts";
import { type Times, toTimes } from "./times.ts";
import { TOOL_NAMES } from "./tools.ts";
import type { Range } from "./zone.ts";

export type Decided = { decision: string; decided_by: string; calls: number };
export type CallsOfTool = Times & {
  /** Most first. */
  decisions: Decided[];
};
type Kind = { decision: string; decided_by: string };
type NamedDecision = Decided & { tool_name: string };

/** Agents have about ten; each costs a comparison per call, so above this number the calls are grouped instead. */
const MOST_KINDS = 24;
const WITHIN = "t.started_unix_ms >= $from and t.started_unix_ms < $until";

/**
 * Durations of each tool's calls, by nearest rank, and their decisions: one pass along the index, which covers all of
 * it. Durations come as one text per tool and are sorted here, as SQLite takes five times as long to group them.
 */
export function callsByNameQueries(db: Database) {
  const kinds = knownKinds(db);
  const names = db.query<{ name: string | null }, []>(`with recursive ${TOOL_NAMES} select name from names`);

  return {
    callsByName(range: Range, scope: Scope): Map<string, CallsOfTool> {
      const { sql, params } = inScope(db, scope, "t.session_pk");
      const where = `${WITHIN} and ${sql}`;
      const within: Params = { ...params, from: range.from_unix_ms, until: range.until_unix_ms };
      const known = kinds();
      const rest = known === null ? grouped(db, where, within) : undefined;
      const counted = countedKinds(known ?? []);
      // A statement per tool: one for all of them would sort the calls by name.
      const run = db.query<unknown, Record<string, string | number | null>>(`
        select group_concat(t.duration_ms)${counted.sums}
        from tool_calls t where t.tool_name is $name and ${where}`);
      return new Map(
        names.all().map(({ name }) => {
          const [[durations, ...counts]] = run.values({ ...within, ...counted.params, name }) as [CountsRow];
          const others = (rest?.get(name ?? "") ?? []).map(({ tool_name: _, ...decided }) => decided);
          const decisions = mostFirst([...counted.decisions(counts), ...others]);
          return [name ?? "", { ...toTimes(durations), decisions }];
        }),
      );
    },
  };
}
/** Durations as one text, then the number of calls of each kind. */
type CountsRow = [string | null, ...(number | null)[]];

/** Null if there are too many. */
function knownKinds(db: Database): () => Kind[] | null {
  const next = db.query<Kind, [string, string]>(`
    select decision, decided_by from tool_decisions where (decision, decided_by) > (?, ?)
    order by decision, decided_by limit 1`);
  return () => {
    const found: Kind[] = [];
    for (let at = next.get("", ""); at !== null; at = next.get(at.decision, at.decided_by)) {
      if (found.length === MOST_KINDS) return null;
      found.push(at);
    }
    return found;
  };
}

/** A sum for each kind, its parameters, and what the sums are. */
function countedKinds(kinds: readonly Kind[]) {
  return {
    sums: kinds.map((_, i) => `, sum(t.decision = $d${i} and t.decided_by = $b${i})`).join(""),
    params: Object.fromEntries(
      kinds.flatMap((kind, i) => [
        [`d${i}`, kind.decision],
        [`b${i}`, kind.decided_by],
      ]),
    ),
    decisions: (counts: readonly (number | null)[]): Decided[] =>
      kinds.map((kind, i) => ({ ...kind, calls: counts[i] ?? 0 })),
  };
}

/** Every kind of each tool, if there are too many to compare. */
function grouped(db: Database, where: string, params: Params): Map<string, NamedDecision[]> {
  const rows = db
    .query<NamedDecision, Params>(`
      with recursive ${TOOL_NAMES}
      select coalesce(n.name, '') as tool_name, t.decision, t.decided_by, count(*) as calls
      from names n cross join tool_calls t on t.tool_name is n.name
      where ${where} and t.decision is not null group by 1, 2, 3 order by calls desc, 2, 3`)
    .all(params);
  return Map.groupBy(rows, (row) => row.tool_name);
}

function mostFirst(decisions: Decided[]): Decided[] {
  // The sort is stable, and they come in the order of their names.
  return decisions.filter(({ calls }) => calls > 0).sort((a, b) => b.calls - a.calls);
}
