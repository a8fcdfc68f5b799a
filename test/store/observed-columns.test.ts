import { expect, test } from "bun:test";
import type { RequestObservation, TurnObservation } from "../../store/batch.ts";
import type { toObservation } from "../../store/restore-request.ts";
import { observedValues } from "../../store/row-code.ts";
import { columnsOf, type Fields, type FilledFields, table } from "../../store/table.ts";
import { SESSIONS, TURNS } from "../../store/tables/sessions.ts";

const planted = table({
  ...TURNS,
  columns: {
    ...TURNS.columns,
    zz_new: { sql: "text", merge: "last" },
    zz_outcome: { sql: "text not null", line: "outcome" },
  },
});

test("I10.4 a planted column is a field of the observation, of its type, and absent where it may be null", () => {
  const fields: Fields<typeof planted, "session_pk">[] = [
    { prompt_id: "p", zz_outcome: "failed", zz_new: "new" },
    { prompt_id: "p", zz_outcome: "failed" },
    // @ts-expect-error a number where a text is stored
    { prompt_id: "p", zz_outcome: "failed", zz_new: 1 },
    // @ts-expect-error what may not be null must be observed
    { prompt_id: "p" },
    // @ts-expect-error a name that the archive's line would refuse
    { prompt_id: "p", zz_outcome: "sunny" },
    // @ts-expect-error a column that the store sets itself
    { prompt_id: "p", zz_outcome: "failed", session_pk: 1 },
    // @ts-expect-error a field without a column
    { prompt_id: "p", zz_outcome: "failed", zz_other: "" },
  ];
  type Named = "session_pk" | "started_unix_ms" | "ended_unix_ms" | "prompt";
  const filled: FilledFields<typeof planted, Named>[] = [
    { prompt_id: "p", zz_outcome: "failed", zz_new: null },
    // @ts-expect-error null is not left out where every field is present
    { prompt_id: "p", zz_outcome: "failed" },
  ];
  const known = new Set<string>(columnsOf(planted));
  expect(filled.flatMap((of) => Object.keys(of)).every((name) => known.has(name))).toBe(true);
  expect(fields.flatMap((of) => Object.keys(of)).filter((name) => !known.has(name))).toEqual(["zz_other"]);
});

test("I10.4 a column that is forgotten where an archived request is restored does not compile", () => {
  type Every = { [Name in keyof Required<RequestObservation>]: RequestObservation[Name] };
  const { recorded_cost_nano_usd: _, ...forgotten } = {} as ReturnType<typeof toObservation>["observation"];
  // @ts-expect-error what an archived request cost by the client's own figure
  const restored: Every = forgotten;
  expect(restored).toEqual({} as never);
});

test("I10.4 a column that an observation has no field for does not compile where its row is written", () => {
  const one = table({ ...TURNS, columns: { ...TURNS.columns, zz_new: { sql: "text", merge: "last" } } });
  const values = observedValues(one, columnsOf(one), ["session_pk"]);
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
