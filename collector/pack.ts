import type { RequestObservation, ToolCallObservation } from "../schema/batch.ts";
import type { Usage } from "../schema/usage.ts";
import { USAGE_FIELDS } from "../schema/usage-kinds.ts";
import { type CellReader, type Cells, type CellWriter, cellReader, cellWriter } from "./cells.ts";
import type { TimedResult } from "./reader.ts";

/**
 * A read as a history's reader hands it over. What comes by the hundred thousand crosses as numbers in one
 * buffer and texts in two strings: making it and taking it apart costs less than half of what JSON would.
 */
export type Packed = Cells & { rest: string };

/**
 * How a field crosses: `key` names the row, `end` is a vendor's id that mostly ends the key, `id` is often that of the
 * row above, `words` is free text.
 */
type Form<T> = [T] extends [number]
  ? "number"
  : [T] extends [boolean]
    ? "flag"
    : [T] extends [number | undefined]
      ? "maybe"
      : "key" | "end" | "id" | "words";
/** Every field of a row; one that is left out does not compile. */
type Forms<R> = { readonly [K in keyof Required<R>]: Form<R[K]> };

const REQUEST = {
  request_key: "key",
  parent_key: "id",
  source: "id",
  session_id: "id",
  agent_id: "id",
  owner_session_id: "id",
  is_sidechain: "flag",
  prompt_id: "id",
  response_id: "end",
  provider_request_id: "id",
  time_unix_ms: "number",
  model: "id",
  model_from_session_id: "id",
  service_tier: "id",
  speed: "id",
  inference_geo: "id",
  flags: "number",
  is_final: "flag",
  recorded_cost_nano_usd: "maybe",
  offset: "number",
  origin: "id",
  query_source: "id",
  skill: "id",
  plugin: "id",
  agent_type: "id",
  mcp_server: "id",
  mcp_tool: "id",
  effort: "id",
  thinking_ms: "maybe",
  cache_miss_reason: "id",
  cache_missed_input_tokens: "maybe",
  git_branch: "id",
} as const satisfies Forms<Omit<RequestObservation, "usage">>;

const TOOL_CALL = {
  tool_key: "key",
  source: "id",
  session_id: "id",
  owner_session_id: "id",
  agent_id: "id",
  tool_use_id: "end",
  tool_name: "id",
  prompt_id: "id",
  started_unix_ms: "maybe",
  ended_unix_ms: "maybe",
  duration_ms: "maybe",
  outcome: "id",
  summary: "words",
  error: "words",
} as const satisfies Forms<ToolCallObservation>;

const USAGE = Object.fromEntries(USAGE_FIELDS.map((name) => [name, "number"])) as Forms<Usage>;

const requests = carrier<RequestObservation>(REQUEST, { usage: USAGE });
const toolCalls = carrier<ToolCallObservation>(TOOL_CALL);

export function pack(result: TimedResult): Packed {
  const into = cellWriter();
  if (result.kind !== "read") return { rest: JSON.stringify(result), ...into.packed() };
  const { batch } = result;
  requests.put(into, batch.requests);
  toolCalls.put(into, batch.tool_calls);
  into.numbers(batch.limits.cells);
  const rest = { ...batch, requests: [], tool_calls: [], limits: { ...batch.limits, cells: [] } };
  return { rest: JSON.stringify({ ...result, batch: rest }), ...into.packed() };
}

export function unpack(packed: Packed): TimedResult {
  const result = JSON.parse(packed.rest) as TimedResult;
  if (result.kind !== "read") return result;
  const from = cellReader(packed);
  result.batch.requests = requests.take(from);
  result.batch.tool_calls = toolCalls.take(from);
  result.batch.limits.cells = from.numbers();
  return result;
}

type Carrier<R> = { put(into: CellWriter, rows: readonly R[]): void; take(from: CellReader): R[] };
type AnyForms = Readonly<Record<string, string>>;

/** Written out as code once: a loop over the fields takes five times as long for every row of a history. */
function carrier<R>(forms: AnyForms, parts: Readonly<Record<string, AnyForms>> = {}): Carrier<R> {
  const key = Object.keys(forms).find((name) => forms[name] === "key");
  const all = [
    ...Object.entries(forms).map(([name, form]) => ({ path: name, form })),
    ...Object.entries(parts).flatMap(([part, of]) =>
      Object.entries(of).map(([name, form]) => ({ path: `${part}.${name}`, form })),
    ),
  ];
  const puts = all.map(({ path, form }) => {
    if (form === "key") return `into.id(r.${path}, undefined);`;
    if (form === "end") return `into.end(r.${key}, r.${path});`;
    return form === "id" ? `into.id(r.${path}, above?.${path});` : `into.${form}(r.${path});`;
  });
  const taken = (path: string, form: string) => {
    if (form === "key") return "key";
    if (form === "end") return "from.end(key)";
    return form === "id" ? `from.maybeId(above?.${path})` : `from.${form}()`;
  };
  const fields = (of: AnyForms, prefix: string) =>
    Object.entries(of).map(([name, form]) => `${name}: ${taken(prefix + name, form)}`);
  const nested = Object.entries(parts).map(
    ([part, of]) => `${part}: { ${fields(of, `${part}.`).join(", ")} }`,
  );
  const put = new Function(
    "into",
    "rows",
    `into.number(rows.length); let above; for (const r of rows) { ${puts.join(" ")} above = r; }`,
  );
  const take = new Function(
    "from",
    `const rows = []; let above; for (let left = from.number(); left > 0; left--) {
      const key = from.maybeId(undefined); above = { ${[...fields(forms, ""), ...nested].join(", ")} }; rows.push(above);
    } return rows;`,
  );
  return { put, take } as unknown as Carrier<R>;
}
