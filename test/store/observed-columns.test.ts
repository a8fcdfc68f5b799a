import { expect, test } from "bun:test";
import type {
  AgentObservation,
  RateLimitSample,
  Reject,
  RequestObservation,
  SessionObservation,
  ToolCallObservation,
  TurnObservation,
} from "../../schema/batch.ts";
import type { toObservation } from "../../store/restore-request.ts";
import { observedValues } from "../../store/row-code.ts";
import { type ColumnName, columnsOf, type Row, type Table, table } from "../../store/table.ts";
import type { RATE_LIMIT_SAMPLES } from "../../store/tables/events.ts";
import type { REJECTS } from "../../store/tables/files.ts";
import type { CostColumn, REQUESTS } from "../../store/tables/requests.ts";
import { type AGENTS, SESSIONS, type TOOL_CALLS, TURNS } from "../../store/tables/sessions.ts";

/**
 * A column of a table is a field of the observation that fills it, of the same type, and the other way round. Which of
 * the two lacks one is in the error of the compiler; `Own` are columns that the store sets itself, `Extra` fields that
 * have no column of their name.
 */
type Gaps<T extends Table, Observation, Own extends string, Extra extends keyof Observation> =
  | Exclude<ColumnName<T>, Own | keyof Observation>
  | Exclude<keyof Observation, Extra | ColumnName<T>>
  | {
      [K in keyof Observation & ColumnName<T>]: NonNullable<Observation[K]> extends NonNullable<Row<T>[K]>
        ? never
        : K;
    }[keyof Observation & ColumnName<T>];
const complete = <Found extends never>(..._none: Found[]) => true;

/** The session is named by its agent and id, and has its first sign of life under another name. */
type SessionOwn = "session_pk" | "source_session_id" | "started_unix_ms";
type Named = "source" | "session_id";

test("I10.4 a column that an observation lacks, or a field without a column, does not compile", () => {
  const found = [
    complete<Gaps<typeof SESSIONS, SessionObservation, SessionOwn, Named | "time_unix_ms" | "opens_none">>(),
    complete<Gaps<typeof AGENTS, AgentObservation, "session_pk", Named>>(),
    complete<Gaps<typeof TURNS, TurnObservation, "session_pk", Named>>(),
    complete<
      Gaps<
        typeof TOOL_CALLS,
        ToolCallObservation,
        "tool_pk" | "session_pk" | "owner_rank" | "decision" | "decided_by",
        Named | "owner_session_id"
      >
    >(),
    complete<
      Gaps<
        typeof REQUESTS,
        RequestObservation & RequestObservation["usage"],
        "seq" | "session_pk" | "owner_rank" | "file_pk" | "price_id" | "cost_nano_usd" | CostColumn,
        "session_id" | "owner_session_id" | "is_sidechain" | "model_from_session_id" | "usage" | "is_final"
      >
    >(),
    complete<Gaps<typeof RATE_LIMIT_SAMPLES, RateLimitSample, "sample_pk", never>>(),
    complete<Gaps<typeof REJECTS, Reject, "reject_pk" | "time_unix_ms", never>>(),
  ];
  expect(found.every(Boolean)).toBe(true);
});

test("I10.4 a planted column is found, in the observation, in its type and in what is restored", () => {
  const planted = table({ ...TURNS, columns: { ...TURNS.columns, zz_new: { sql: "text", merge: "last" } } });
  // @ts-expect-error "zz_new" is no field of the observation
  complete<Gaps<typeof planted, TurnObservation, "session_pk", Named>>();
  // @ts-expect-error a field that no column holds
  complete<Gaps<typeof TURNS, TurnObservation & { zz_new?: string }, "session_pk", Named>>();
  // @ts-expect-error a number where a text is stored
  complete<Gaps<typeof TURNS, Omit<TurnObservation, "prompt"> & { prompt?: number }, "session_pk", Named>>();
  type Every = { [Name in keyof Required<RequestObservation>]: RequestObservation[Name] };
  const { recorded_cost_nano_usd: _, ...forgotten } = {} as ReturnType<typeof toObservation>["observation"];
  // @ts-expect-error what an archived request cost by the client's own figure
  const restored: Every = forgotten;
  expect([Object.keys(planted.columns), restored]).toEqual([
    [...Object.keys(TURNS.columns), "zz_new"],
    {} as never,
  ]);
});

test("I10.4 a column that an observation has no field for does not compile where its row is written", () => {
  const planted = table({ ...TURNS, columns: { ...TURNS.columns, zz_new: { sql: "text", merge: "last" } } });
  const values = observedValues(planted, columnsOf(planted), ["session_pk"]);
  const turn: TurnObservation = { source: "claude", session_id: "s", prompt_id: "p", ended_unix_ms: 7 };
  // @ts-expect-error "zz_new" is no field of the observation
  values({ session_pk: 1 }, turn);
  expect(values({ session_pk: 1 }, { ...turn, zz_new: "new" })).toEqual([1, "p", null, 7, null, "new"]);
});

test("I10.4 what an observation leaves out is null, in each column that may be null and in no other", () => {
  const columns = columnsOf(SESSIONS);
  const values = observedValues(SESSIONS, columns, columns)({} as never, {});
  const absent = columns.filter((_, at) => values[at] === undefined);
  expect(absent).toEqual(["session_pk", "source", "source_session_id"]);
});
