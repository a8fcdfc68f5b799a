import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AVOID, declaredIn, files, hitsIn, looksIn, rowsOf } from "./words.ts";

const ROOT = join(import.meta.dir, "../..");
const TOOL = "AskUserQuestion";

test("F028 the glossary names its words to avoid, and a planted one is found in every form", () => {
  expect(AVOID.size).toBeGreaterThan(12);
  const planted = ["const toldAgain = 1;", "is_anew", "// nobody reads it", 'test("it says so", f)', "WHOSE"];
  expect(planted.map((line) => hitsIn(line, true).length)).toEqual([1, 1, 1, 1, 1]);
  expect(hitsIn("askedFor(last_asked_ms)", true).map((h) => h.name)).toEqual(["askedFor", "last_asked_ms"]);
  expect(hitsIn("lookAgain(last_looked_ms, lookup)", true).map((h) => h.name)).toEqual([
    "lookAgain",
    "last_looked_ms",
  ]);
  expect(declaredIn("const asked = 1; type Asking = 2; function look() {}")).toHaveLength(3);
  expect(looksIn("The next look finds it; it looks at each; Looking over all.").length).toBe(3);
  expect(looksIn("It looks like a path, is looked up, and two could look alike.")).toEqual([]);
  expect(["schema/a.ts", "viewer/a.ts"].map((path) => declaredIn("const words = 1;", path).length)).toEqual([
    1, 0,
  ]);
  expect(hitsIn(`understands ${TOOL}, outstanding`, true)).toEqual([]);
});

test("F028 a name with one meaning is declared in one place", () => {
  const sources = files(["{schema,hooks,store,collector,viewer,cli}/**/*.{ts,tsx}"]);
  const texts = new Map(sources.map((path) => [path, readFileSync(join(ROOT, path), "utf8")]));
  const declaring = (kind: string, name: string) => {
    if (kind === "file") return sources.filter((path) => path.split("/").at(-1) === name);
    const declaration = new RegExp(`\\b(?:type|interface|class|function|const) ${name}\\b\\s*[<(={:]`);
    return sources.filter((path) => declaration.test(texts.get(path) ?? ""));
  };
  const rows = rowsOf("Names with one meaning");
  expect(rows.length).toBeGreaterThan(4);
  for (const [left, right] of rows) {
    const [, kind = "", name = ""] = /^(\w+) `([\w.]+)`$/.exec(left) ?? [];
    const places = [...right.matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? "");
    expect([name, ...declaring(kind, name)]).toEqual([name, ...places.sort()]);
  }
});
