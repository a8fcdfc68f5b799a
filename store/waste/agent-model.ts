import { cost } from "../cost.ts";
import { type PriceBook, resolveModel } from "../price-book.ts";
import { type Occurrence, toClaim, type WasteThread } from "./occurrence.ts";

/**
 * The cheaper model of a family, by the vendor's names; `*` is the newest version with a price at that time. Sonnet,
 * terra, luna, mini and Haiku are what a sub-agent is meant to run on.
 */
const CHEAPER: [RegExp, (generation: string) => string[]][] = [
  [/^claude-(?:mythos|fable|opus)-(\d+)(?:-\d+)?$/, (n) => [`claude-sonnet-${n}-*`, `claude-sonnet-${n}`]],
  [/^(gpt-\d+(?:\.\d+)?)-astra$/, (n) => [`${n}-sol`]],
  [/^(gpt-\d+(?:\.\d+)?)-sol$/, (n) => [`${n}-terra`, `${n}-luna`, `${n.replace(/\.\d+$/, "")}-luna`]],
  [/^(gpt-\d+(?:\.\d+)?)-pro$/, (n) => [n]],
  [/^(gpt-\d+(?:\.\d+)?)(-codex)?$/, (n) => [`${n}-codex-mini`, `${n}-mini`]],
];

/** Cost of a sub-agent's requests above that of the same tokens on the cheaper model, each at its own time. */
export function agentModel(thread: WasteThread, book: PriceBook): Occurrence[] {
  if (!thread.is_agent) return [];
  const { session_pk, agent_id } = thread;
  const found = new Map<string, Occurrence>();
  const known = new Map<string, string | null>();
  for (const row of thread.rows) {
    const day = new Date(row.time_unix_ms).toISOString().slice(0, 10);
    const key = `${day} ${row.model}`;
    const model = known.get(key) ?? (known.has(key) ? null : cheaperThan(book, row.model, day));
    known.set(key, model);
    if (model === null || row.cost_nano_usd === null) continue;
    const other = cost(book, { ...row, usage: row, model }).cost_nano_usd;
    if (other === null || other >= row.cost_nano_usd) continue;
    const what = `${row.model} instead of ${model}`;
    const one: Occurrence = found.get(what) ?? {
      kind: "agent_model",
      session_pk,
      agent_id,
      what,
      claims: [],
      less_nano_usd: 0,
      tokens: null,
      calls: [],
    };
    one.claims.push(toClaim(row, "all", row.cost_nano_usd - other));
    found.set(what, one);
  }
  return [...found.values()];
}

function cheaperThan(book: PriceBook, model: string, day: string): string | null {
  const id = resolveModel(book, model);
  for (const [pattern, names] of CHEAPER) {
    const generation = id === null ? undefined : pattern.exec(id)?.[1];
    if (generation === undefined) continue;
    for (const name of names(generation)) {
      const found = newest(book, name, day);
      if (found !== undefined) return found;
    }
  }
  return null;
}

function newest(book: PriceBook, name: string, day: string): string | undefined {
  const had = (model: string) => (book.rows.get(model) ?? []).some((r) => r.from === null || r.from <= day);
  if (!name.endsWith("*")) return had(name) ? name : undefined;
  const stem = name.slice(0, -1);
  return [...book.rows.keys()]
    .filter((model) => model.startsWith(stem) && /^\d+$/.test(model.slice(stem.length)) && had(model))
    .sort((a, b) => Number(b.slice(stem.length)) - Number(a.slice(stem.length)))[0];
}
