import { expect, test } from "bun:test";
import { progressLine } from "../../cli/progress-line.ts";

function terminal() {
  const parts: string[] = [];
  return { isTTY: true, write: (part: string) => void parts.push(part), text: () => parts.join("") };
}
const state = (files_done: number, files_total: number) => ({
  done: files_done === files_total,
  files_total,
  files_done,
  bytes_total: files_total * 1e6,
  bytes_done: files_done * 1e6,
  started_unix_ms: 1,
  finished_unix_ms: files_done === files_total ? 2 : null,
});

test("F051 a daemon without history shows no progress of it, whatever it stores", () => {
  const out = terminal();
  const line = progressLine(out, true);
  line.show(state(0, 0));
  expect(out.text()).toBe("");
});

test("F051 the line of progress ends with the whole of the history, once, and what follows begins a new line", () => {
  const out = terminal();
  const line = progressLine(out, true);
  line.show(state(1, 2));
  expect(out.text()).toMatch(/^\r.* 50 % {2}1\/2 files/);
  for (let pass = 1; pass <= 3; pass++) line.show(state(2, 2));
  line.end(state(2, 2));
  expect(out.text().split("\n")).toEqual([expect.stringMatching(/ 100 % {2}2\/2 files[^\r]*$/), ""]);
  // A history that is read again has a line of its own.
  line.show(state(0, 3));
  expect(out.text().split("\n")).toHaveLength(2);
});

test("F051 an import that is over before its first line shows its result", () => {
  const out = terminal();
  const line = progressLine(out, true);
  line.end(state(2, 2));
  expect(out.text()).toMatch(/^\r.* 100 % {2}2\/2 files.*\n$/);
});
