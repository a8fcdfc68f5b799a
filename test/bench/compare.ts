import { Database } from "bun:sqlite";
import { join } from "node:path";
import type { Figure } from "./measure.ts";
import type { Count, Truth } from "./truth.ts";

type CountedRow = { key: string; requests: number } & Count["tokens"];

const SUMS = `count(*) as requests, sum(uncached_input_tokens) as uncached_input_tokens,
  sum(cache_creation_5m_input_tokens) as cache_creation_5m_input_tokens,
  sum(cache_creation_1h_input_tokens) as cache_creation_1h_input_tokens,
  sum(cache_read_input_tokens) as cache_read_input_tokens, sum(output_tokens) as output_tokens,
  sum(reasoning_output_tokens) as reasoning_output_tokens`;

/** Every difference between the store and what the generator knows it wrote; empty = exact. */
export function compare(dataDir: string, truth: Truth): string[] {
  const db = new Database(join(dataDir, "hall.db"), { readonly: true });
  try {
    const by = (key: string) =>
      toCounts(db.query<CountedRow, []>(`select ${key} as key, ${SUMS} from requests group by 1`).all());
    const count = (sql: string) => {
      const rows = db.query<{ source: "claude" | "codex"; n: number }, []>(sql).all();
      return { claude: 0, codex: 0, ...Object.fromEntries(rows.map((r) => [r.source, r.n])) };
    };
    const agents =
      "select s.source, count(*) as n from agents a join sessions s using (session_pk) group by 1";
    return [
      ...differences("source", by("source"), truth.by_source),
      ...differences("model", by("model"), truth.by_model),
      ...differences("day", by("date(time_unix_ms / 1000, 'unixepoch')"), truth.by_day),
      ...unequal("sessions", count("select source, count(*) as n from sessions group by 1"), truth.sessions),
      ...unequal("agents", count(agents), truth.agents),
      ...unequal(
        "tool calls",
        count(
          "select s.source, count(*) as n from tool_calls t join sessions s using (session_pk) group by 1",
        ),
        truth.tool_calls,
      ),
      ...unequal("rejects", count("select source, count(*) as n from rejects group by 1"), truth.rejects),
    ];
  } finally {
    db.close();
  }
}

export function truthFigure(wrong: readonly string[]): Figure {
  return {
    name: "differences from the ground truth",
    value: wrong.length,
    unit: "",
    limit: 0,
    note: wrong.slice(0, 12).join("; "),
  };
}

function toCounts(rows: CountedRow[]): Record<string, Count> {
  return Object.fromEntries(rows.map(({ key, requests, ...tokens }) => [key, { requests, tokens }]));
}

function differences(name: string, got: Record<string, Count>, want: Record<string, Count>): string[] {
  const keys = [...new Set([...Object.keys(got), ...Object.keys(want)])].sort();
  return keys.flatMap((key) => {
    const [a, b] = [flat(got[key]), flat(want[key])];
    const off = Object.keys({ ...a, ...b }).filter((k) => (a[k] ?? 0) !== (b[k] ?? 0));
    return off.map((k) => `${name} ${key} ${k}: ${a[k] ?? 0} instead of ${b[k] ?? 0}`);
  });
}

const flat = (count: Count | undefined): Record<string, number> =>
  count ? { requests: count.requests, ...count.tokens } : {};

function unequal(
  name: string,
  got: { claude: number; codex: number },
  want: { claude: number; codex: number },
): string[] {
  return (["claude", "codex"] as const)
    .filter((source) => got[source] !== want[source])
    .map((source) => `${name} of ${source}: ${got[source]} instead of ${want[source]}`);
}
