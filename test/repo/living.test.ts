import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadPlanDocuments } from "../../collector/plans/lint/documents.ts";
import { lintPlan } from "../../collector/plans/lint/lint.ts";
import { isOfSpec, specLines } from "./spec-lines.ts";
import { allTitles, titlesOf } from "./titles.ts";
import { findingsInCode, findingsInDocuments } from "./words.ts";

const ROOT = join(import.meta.dir, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const exists = (path: string) => existsSync(join(ROOT, path));
const SECTIONS = ["Intent", "Behaviour", "Acceptance", "Edge cases", "Not in scope"];

const plan = loadPlanDocuments(ROOT);
const features = plan.features.map(({ feature }) => feature);
type Feature = (typeof features)[number];
const completed = features.filter((f) => f.status === "completed");
const titles = allTitles(ROOT);
const proved = new Set(titles.flatMap((t) => t.ids));

/** `F012.A1` → its line, from the specifications. */
function acceptanceLines(feature: Feature): Map<string, string> {
  const lines = read(feature.file).matchAll(new RegExp(`^- (${feature.id}\\.A\\d+) (\\S.*)$`, "gm"));
  return new Map([...lines].map((m) => [m[1] ?? "", m[2] ?? ""]));
}
const acceptance = (feature: Feature) => [...acceptanceLines(feature).keys()];

const { decisions, edge_cases: edgeCases } = plan;
const numbered = (ids: string[], letters: string, first: number, width = 3) =>
  ids.map((_, i) => `${letters}${String(i + first).padStart(width, "0")}`);

describe("manifest.jsonl", () => {
  test("F028 features are numbered in order, and none depends on a later one", () => {
    expect(features.map((f) => f.id)).toEqual(
      numbered(
        features.map((f) => f.id),
        "F",
        0,
      ),
    );
    expect(features.length).toBeGreaterThanOrEqual(29);
    const earlier = (f: Feature) =>
      f.depends_on.every((id) => id < f.id && features.some((o) => o.id === id));
    expect(features.filter((f) => !earlier(f)).map((f) => f.id)).toEqual([]);
  });

  test("F028.A4 every reference between the living documents resolves", () => {
    expect(lintPlan(ROOT)).toEqual([]);
  });

  test("F024.A1 the verification of a feature runs tests, and those of a completed one exist", () => {
    const command = /^bun test( test\/[\w./-]+)+$/;
    expect(features.filter((f) => !command.test(f.verification)).map((f) => f.verification)).toEqual([]);
    const paths = completed.flatMap((f) => f.verification.split(" ").slice(2));
    expect(paths.filter((path) => !titles.some((t) => t.file.startsWith(path)))).toEqual([]);
  });

  test("F024.A2 a completed feature has a test for each of its acceptance lines and edge cases", () => {
    const missing = completed.flatMap((f) => {
      const paths = f.verification.split(" ").slice(2);
      const run = titles.filter((t) => paths.some((path) => t.file.startsWith(path)));
      const ids = new Set(run.flatMap((t) => t.ids));
      return [...acceptance(f), ...f.edge_cases].filter((id) => !ids.has(id)).map((id) => `${f.id} ${id}`);
    });
    expect(missing).toEqual([]);
  });

  test("F028 a test that carries an acceptance id repeats its line", () => {
    const titlesNaming = (id: string) =>
      titles.filter((t) => t.ids.includes(id)).map((t) => t.title.toLowerCase());
    const missing = completed.flatMap((f) =>
      [...acceptanceLines(f)].filter(
        ([id, line]) => !titlesNaming(id).some((t) => t.includes(line.toLowerCase())),
      ),
    );
    expect(missing).toEqual([]);
  });

  test("F028 the verification of a completed feature names files, so that it runs what proves it and no more", () => {
    const folders = completed.filter((f) => !/^bun test( test\/[\w./-]+\.test\.ts)+$/.test(f.verification));
    expect(folders.map((f) => f.id)).toEqual([]);
  });

  test("F028 every acceptance id in a title is in a specification", () => {
    const written = new Set(features.flatMap(acceptance));
    const claimed = [...proved].filter((id) => /^F\d{3}\./.test(id));
    expect(claimed.filter((id) => !written.has(id))).toEqual([]);
  });
});

describe("prompts/", () => {
  const specs = readdirSync(join(ROOT, "prompts"))
    .map((name) => `prompts/${name}`)
    .sort();

  test("F028 there is one specification for each feature and none besides", () => {
    expect([...new Set(features.map((f) => f.file))].sort()).toEqual(specs);
  });

  test.each(specs)("F028 %s is short and has its sections in order", (path) => {
    const text = read(path);
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(60);
    expect([...text.matchAll(/^## (.+)$/gm)].map((m) => m[1] ?? "")).toEqual(SECTIONS);
  });

  test("F028 acceptance lines are numbered from 1 and belong to a feature of their specification", () => {
    for (const f of features) {
      const ids = acceptance(f);
      expect(ids.length).toBeGreaterThan(0);
      expect(ids).toEqual(numbered(ids, `${f.id}.A`, 1, 1));
    }
    const strangers = specs.flatMap((path) =>
      [...read(path).matchAll(/^- (F\d{3})\.A/gm)].filter(
        (m) => !features.some((f) => f.id === m[1] && f.file === path),
      ),
    );
    expect(strangers.map((m) => m[0])).toEqual([]);
  });

  test("F028 a specification lists the edge cases that the manifest gives its features", () => {
    for (const path of specs) {
      const section = read(path).split("## Edge cases\n")[1]?.split("\n## ")[0] ?? "";
      const listed = [...section.matchAll(/EC\d{3}/g)].map((m) => m[0]);
      const given = features.filter((f) => f.file === path).flatMap((f) => f.edge_cases);
      expect([path, ...[...new Set(listed)].sort()]).toEqual([path, ...[...new Set(given)].sort()]);
    }
  });
});

describe("decisions.md, edge-cases.md, constraints.md", () => {
  test("F028 decisions are in order, dated, and have reason, cost, evidence and a condition for a review; a superseded one names its successor", () => {
    expect([...decisions.keys()]).toEqual(numbered([...decisions.keys()], "D", 1));
    const form =
      /^.+\n- Group: (?:recording|storage|numbers|limits and alerts|interfaces|page|plans|security and privacy|process)\n- Status: (?:accepted|superseded) 20\d\d-\d\d-\d\d(?:; .+|, adds to D\d{3}| by D\d{3}.*)?\n- Because: \S.*\n- Cost: \S.*\n- Evidence: `\S.*\n- Revisit when: \S.*\n*$/;
    expect([...decisions].filter(([, text]) => !form.test(text)).map(([id]) => id)).toEqual([]);
  });

  test("F028 the evidence of every decision exists", () => {
    const named = [...decisions].flatMap(([id, text]) => {
      const evidence = /^- Evidence: (.*)$/m.exec(text)?.[1] ?? "";
      const paths = [...evidence.matchAll(/`([\w.-]+(?:\/[\w./-]+)?\.\w+|bin\/[\w-]+)`/g)].map(
        (m) => m[1] ?? "",
      );
      return paths.length === 0 ? [`${id} names no file`] : paths.filter((path) => !exists(path));
    });
    expect(named).toEqual([]);
  });

  test("F028 an edge case is called proved only if a test's title starts with its number", () => {
    expect([...edgeCases.keys()]).toEqual(numbered([...edgeCases.keys()], "EC", 1));
    const form = /^.+\n- Status: (?:pending|proved)\n- Behaviour: \S.*\n*$/;
    expect([...edgeCases].filter(([, text]) => !form.test(text)).map(([id]) => id)).toEqual([]);
    const called = [...edgeCases].filter(([, text]) => text.includes("- Status: proved")).map(([id]) => id);
    expect(called.filter((id) => !proved.has(id))).toEqual([]);
  });

  test("F028 the check of every constraint exists", () => {
    const lines = read("constraints.md")
      .split("\n")
      .filter((line) => line.startsWith("- "));
    const parsed = lines.map((line) => /^- (C\d{3}) MUST (?:NOT )?\S.* check: (\S+)$/.exec(line));
    expect(parsed.map((m) => m?.[1] ?? "unreadable")).toEqual(numbered(lines, "C", 1));
    expect(parsed.map((m) => m?.[2] ?? "").filter((path) => !exists(path))).toEqual([]);
  });
});

test("F028 titles are found in every form, and a skipped test counts for nothing", () => {
  const source = [
    'test("F001.A1 a", () => {});',
    "it(\n  'EC002, EC007: b',\n  () => {});",
    'test.each([1, f(2)])("B-01 c %s", () => {});',
    'test.skip("F001.A2 d", () => {});',
    'test.todo("F001.A3 e");',
    "test(`X01 $" + "{name} f`, () => {});",
    'test("F14 I9.3 g", () => {});',
    'test("CASE07 h", () => {});',
  ].join("\n");
  expect(titlesOf(source).map((t) => t.ids)).toEqual([
    ["F001.A1"],
    ["EC002", "EC007"],
    ["B-01"],
    ["X01"],
    ["F14", "I9.3"],
    ["CASE07"],
  ]);
});

describe("spec/: what each id of a test's title means", () => {
  const lines = specLines(ROOT);
  const claimed = new Set([...proved].filter(isOfSpec));

  test("F028.A8 every id of a test's title has one line in spec/ (else: add `| id | proved | sentence |`)", () => {
    const known = new Set(lines.map((l) => l.id));
    expect([...claimed].filter((id) => !known.has(id))).toEqual([]);
  });

  test("F028 an id is proved if a test's title starts with it, and open if none does", () => {
    const wrong = lines.filter((l) => (l.status === "proved") !== claimed.has(l.id));
    expect(wrong.map((l) => `${l.page} ${l.id} ${l.status}`)).toEqual([]);
  });

  test("F028 a line is an id that occurs once, a status and a sentence", () => {
    expect(lines.filter((l) => !l.sentence.endsWith(".")).map((l) => `${l.page} ${l.line}`)).toEqual([]);
    const ids = lines.map((l) => l.id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    expect(lines.length).toBeGreaterThan(220);
  });
});

describe("docs/glossary.md", () => {
  test.each([
    ["names, texts, comments and titles of the code", findingsInCode],
    ["documents", findingsInDocuments],
  ])("F028 %s use its words", (_, find) => {
    const found = find();
    if (found.length > 0) throw new Error(`words to avoid (docs/glossary.md): ${found.join("; ")}`);
  });
});

/** Tests of what no specification names, such as a helper's edge; a new test has an id. */
const WITHOUT_ID = 16;

test("F028.A8 tests without an id become fewer (when they have: lower WITHOUT_ID)", () => {
  const without = titles.filter(({ ids, is_group }) => ids.length === 0 && !is_group).length;
  expect(without).toBeLessThanOrEqual(WITHOUT_ID);
  expect(without).toBeGreaterThan(WITHOUT_ID - 20);
});
