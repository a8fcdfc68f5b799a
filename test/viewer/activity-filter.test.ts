import { expect, test } from "bun:test";
import type { Activity } from "../../schema/activity.ts";
import { isAmong } from "../../schema/activity-filter.ts";
import { AT_WORK } from "../../viewer/first-requests.ts";

const silent = (tool: Activity["tool"]) => ({ state: "unknown", tool }) as const;
const CALL = { tool_name: "Bash", summary: "make all", started_unix_ms: 1 };

test("F045.A1 Now lists who waits, works or is done, and of the silent only those within a tool call", () => {
  for (const state of ["waiting", "working", "done"] as const)
    expect(isAmong({ state, tool: null }, AT_WORK)).toBe(true);
  for (const state of ["idle", "ended"] as const) expect(isAmong({ state, tool: CALL }, AT_WORK)).toBe(false);
  expect([isAmong(silent(CALL), AT_WORK), isAmong(silent(null), AT_WORK)]).toEqual([true, false]);
  expect(isAmong(silent(null), ["unknown"])).toBe(true);
});
