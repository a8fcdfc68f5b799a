import { expect, test } from "bun:test";
import { REQUEST_COLUMNS, type RequestRow, toValues } from "../../store/request-row.ts";

test("the values of a row stand in the order of its columns", () => {
  const row = Object.fromEntries(
    REQUEST_COLUMNS.map((name) => [name, `the ${name}`]),
  ) as unknown as RequestRow;
  expect(toValues(row).map(String)).toEqual(REQUEST_COLUMNS.map((name) => `the ${name}`));
});
