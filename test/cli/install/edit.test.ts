import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { addHooks, isHardStop, placeOf, removeHooks } from "../../../cli/install/edit.ts";
import { hookEntries } from "../../../cli/install/settings.ts";
import { EDITABLE } from "../../e2e/install-fixtures.ts";

const entries = hookEntries();
const UNKNOWN = { hooks: false, events: new Set<string>() };
type Meaning = { hooks?: Record<string, unknown[]> };
const parse = (text: string): Meaning => JSON.parse(text.replace(/^\ufeff/, ""));
const isObject = (text: string) => text.replace(/^\ufeff/, "").trim() !== "";

/** Lists that hold nothing mean the same as no lists. */
function meaning(text: string): Meaning {
  const { hooks, ...rest } = parse(text);
  const kept = Object.entries(hooks ?? {}).filter(([, list]) => list.length > 0);
  return kept.length > 0 ? { ...rest, hooks: Object.fromEntries(kept) } : rest;
}

const texts = EDITABLE.filter((f) => typeof f.bytes === "string" && isObject(f.bytes)).map(
  (f) => [f.name, f.bytes as string] as const,
);

test.each(texts)("T23 %s: with no record, what is cut out is exactly ours", (_, text) => {
  const added = addHooks(text, entries);
  for (const [event, entry] of Object.entries(entries))
    expect(parse(added).hooks?.[event]?.at(-1)).toEqual(entry);
  expect(meaning(removeHooks(added, UNKNOWN))).toEqual(meaning(text));
});

test.each(texts)("T23 %s: every byte that was there is still there, in its order", (_, text) => {
  const added = addHooks(text, entries);
  let kept = 0;
  for (let at = 0; at < added.length && kept < text.length; at++) if (added[at] === text[kept]) kept++;
  expect(kept).toBe(text.length);
});

test("T23 any settings: added and cut out again, they are byte for byte what they were", () => {
  const list = fc.array(
    fc.record({
      matcher: fc.string(),
      hooks: fc.array(fc.record({ type: fc.constant("command"), command: fc.string() })),
    }),
    { minLength: 1, maxLength: 3 },
  );
  const settings = fc.record({
    hooks: fc.dictionary(fc.constantFrom("Stop", "PreToolUse", "SessionEnd", "Other"), list, {
      minKeys: 1,
      noNullPrototype: true,
    }),
    rest: fc.jsonValue(),
    text: fc.string({ unit: "binary" }),
  });
  const indent = fc.constantFrom("", "  ", "\t", "    ");
  const eol = fc.constantFrom("\n", "\r\n");
  void fc.assert(
    fc.property(settings, indent, eol, (value, space, end) => {
      const text = JSON.stringify(value, null, space).replaceAll("\n", end);
      const keep = { hooks: true, events: new Set(Object.keys(value.hooks)) };
      expect(removeHooks(addHooks(text, entries), keep)).toBe(text);
    }),
    { numRuns: 150 },
  );
});

const OURS = [
  { type: "command", command: "/a b/hooks/hall", args: ["claude"] },
  { type: "command", command: "/r/hooks/hall", args: ["stop"] },
  // As version 0.1 wrote them.
  { type: "command", command: "sh", args: ["-c", "x", "hall-monitor", "/r", "Stop"] },
  { type: "command", command: "sh", args: ["-c", "x", "hall-monitor", "/r", "hard-stop"] },
];
test("T23 an entry is ours by its program, and leads to where that lies", () => {
  expect(OURS.map(placeOf)).toEqual(["/a b", "/r", "/r", "/r"]);
  expect(OURS.map(isHardStop)).toEqual([false, true, false, true]);
  const others = [null, 1, {}, { command: "/r/hooks/hall" }, { command: "/r/hooks/hall", args: ["x"] }];
  for (const other of [...others, { command: "/r/hooks/hallo", args: ["claude"] }])
    expect(placeOf(other)).toBeUndefined();
});

test.each(OURS)("T23 an entry that its owner joined with a hook of their own loses only ours", (ours) => {
  const text = JSON.stringify({ hooks: { Stop: [{ hooks: [{ type: "command", command: "mine" }, ours] }] } });
  expect(removeHooks(text, UNKNOWN)).toBe(
    '{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"mine"}]}]}}',
  );
});
