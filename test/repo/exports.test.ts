import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
const ROOMS = ["schema", "hooks", "store", "collector", "viewer", "cli"];
/**
 * Values that only tests import, each with its reason: what they compute is shown through a page, a process or a clock,
 * and has more cases than those can be led through. No name is added.
 */
const FOR_TESTS: Record<string, string> = {
  "schema/vendors.ts TINTS": "each has a colour in the styles of the page",
  "schema/rate-limits.ts windowName": "a name for each length of a window",
  "hooks/statusline.ts toLine": "the line is part of what the hook prints after another program's",
  "store/table-steps.ts createTable": "one table alone, which no database has",
  "store/table-steps.ts createIndexes": "one table alone, which no database has",
  "store/table-steps.ts createTriggers": "one table alone, which no database has",
  "store/price-book.ts createPriceBook": "a book of invented prices",
  "store/queries/limit-attribution.ts stepsOf": "a property over all series of samples",
  "store/queries/limit-attribution.ts shareOut": "a property over all requests of a step",
  "collector/beat.ts createSchedule": "hours of a schedule, and a machine that slept",
  "collector/capture-watch.ts judgeCapture": "every state of an agent, most of which take hours",
  "collector/alerts/webhook.ts sign": "the signature that a receiver compares",
  "collector/sources/claude/usage-cache.ts readUsageCache": "bytes of a file, whole and torn",
  "collector/activity/evaluate.ts SILENT_MS": "the edge of a span of time",
  "collector/activity/evaluate.ts DONE_MS": "the edge of a span of time",
  "collector/limits/import.ts readCheckpoints": "what an import remembers and does not show",
  "viewer/ui/events/list.ts merged": "two orders of events that meet",
  "viewer/ui/events/gaps.ts withGap": "gaps that overlap",
  "cli/empty-store.ts readingHint": "a daemon in the middle of its first read",
  "cli/commands/blocks.ts blockReport": "a property over all requests of a block",
};

const read = (folder: string) =>
  [...new Bun.Glob("**/*.{ts,tsx}").scanSync({ cwd: join(ROOT, folder) })]
    .filter((path) => !path.startsWith("fixtures/"))
    .map((path) => ({ path: `${folder}/${path}`, text: readFileSync(join(ROOT, folder, path), "utf8") }));

test("F000 a value that the product exports is used by the product, not by tests alone", () => {
  const product = ROOMS.flatMap(read);
  const users = [...product, ...read("scripts")];
  const tests = read("test");
  const found: string[] = [];
  for (const { path, text } of product)
    for (const [, name] of text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)) {
      const isUsed = (file: { path: string; text: string }) =>
        file.path !== path &&
        file.text.includes(`/${basename(path)}"`) &&
        new RegExp(`\\b${name}\\b`).test(file.text);
      if (!users.some(isUsed) && tests.some(isUsed)) found.push(`${path} ${name}`);
    }
  expect(product.length).toBeGreaterThan(300);
  expect(found.filter((name) => !(name in FOR_TESTS))).toEqual([]);
  // What the product uses by now, or is gone, leaves the list.
  expect(Object.keys(FOR_TESTS).filter((name) => !found.includes(name))).toEqual([]);
});
