import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { LINT_RULES } from "../../collector/plans/lint/finding.ts";
import { lintPlan } from "../../collector/plans/lint/lint.ts";

const ROOT = join(import.meta.dir, "../..");
const FOUNDING = join(ROOT, "test/fixtures/plans/founding");
const home = mkdtempSync(join(tmpdir(), "hall-lint-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const at = (path: string, code?: string) =>
  lintPlan(path)
    .filter((f) => code === undefined || f.code === code)
    .map((f) => `${f.path}:${f.line} ${f.message}`);

describe("the founding plan", () => {
  test("PL009 its two anchors without a heading", () => {
    expect(at(FOUNDING, "PL009")).toEqual([
      "manifest.jsonl:1 code/bash.md has no heading #deletion-commands",
      "manifest.jsonl:5 code/typescript.md has no heading #database-classes",
    ]);
  });
  test("PL008 its orphan specification, PL007 and what that points to", () => {
    expect(at(FOUNDING, "PL008")).toEqual(["prompts/01-types.md:1 no feature refers to this specification"]);
    expect(at(FOUNDING, "PL007")).toEqual(["prompts/01-types.md:7 02-schema.md does not exist"]);
  });
  test("PL016 its two stale decision numbers", () => {
    expect(at(FOUNDING, "PL016")).toEqual([
      'init.md:7 D008 is cited as "no migration of old logs", which is D009',
      'init.md:8 D010 is cited as "big-bang deployment", which is D002',
    ]);
  });
  test("PL014 F011 sums cost without F009, PL013 F010 watches files without an edge case", () => {
    expect(at(FOUNDING, "PL014")).toEqual(["manifest.jsonl:12 F011 sums cost and does not depend on F009"]);
    expect(at(FOUNDING, "PL013")).toEqual(["manifest.jsonl:11 F010 watches files and has no edge case"]);
  });
  test("PL012 the twelve verifications that run nothing", () => {
    const ids = at(FOUNDING, "PL012").map((line) => /verification of (F\d+)/.exec(line)?.[1]);
    expect(ids).toEqual("F000 F001 F003 F006 F012 F013 F014 F015 F016 F017 F018 F028".split(" "));
  });
  test("F021 and nothing that is no defect", () => {
    const known = ["PL007", "PL008", "PL009", "PL012", "PL013", "PL014", "PL016"];
    expect(lintPlan(FOUNDING).filter((f) => !known.includes(f.code))).toEqual([]);
  });
});

const good = {
  id: "F001",
  file: "prompts/01.md",
  description: "Parser",
  depends_on: [] as string[],
  edge_cases: [] as string[],
  decisions: [] as string[],
  code_refs: [] as string[],
  status: "pending",
  verification: "bun test test/parser.test.ts",
};
let plans = 0;
/** A plan of these lines; a string is written as it is. */
function plan(lines: (string | object)[], files: Record<string, string> = {}): string {
  const folder = join(home, String(plans++));
  const all = {
    "prompts/01.md": "# Parser\n",
    "manifest.jsonl": lines.map((l) => `${typeof l === "string" ? l : JSON.stringify(l)}\n`).join(""),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
const codes = (path: string) => lintPlan(path).map((f) => f.code);

describe("one rule at a time", () => {
  test("F021 a plan without a defect has no finding, by its folder and by its manifest", () => {
    const folder = plan([good]);
    expect(codes(folder)).toEqual([]);
    expect(codes(join(folder, "manifest.jsonl"))).toEqual([]);
  });
  const { status: _status, ...withoutStatus } = good;
  test.each([
    ["PL001 a torn line", ["{", good], ["PL001"]],
    ["PL001 a line that is no object", ["[1]", good], ["PL001"]],
    [
      "PL002 an unknown field does not hide the feature",
      [{ ...good, depends_on: ["F009"], prio: 1 }],
      ["PL002", "PL005"],
    ],
    ["PL003 a missing field", [withoutStatus], ["PL003", "PL008"]],
    ["PL003 an unknown status", [{ ...good, status: "done" }], ["PL003", "PL008"]],
    ["PL004 one id twice", [good, good], ["PL004"]],
    ["PL005 an unknown dependency", [{ ...good, depends_on: ["F404"] }], ["PL005"]],
    ["PL006 a circle of one", [{ ...good, depends_on: ["F001"] }], ["PL006"]],
    [
      "PL006 a circle of three is one finding",
      [
        { ...good, depends_on: ["F003"] },
        { ...good, id: "F002", depends_on: ["F001"] },
        { ...good, id: "F003", depends_on: ["F002"] },
      ],
      ["PL006"],
    ],
    ["PL007 a missing specification", [good, { ...good, id: "F002", file: "prompts/02.md" }], ["PL007"]],
    ["PL010 unknown numbers", [{ ...good, decisions: ["D001"], edge_cases: ["EC001"] }], ["PL010", "PL010"]],
    [
      "PL011 an absolute path",
      [{ ...good, verification: "bun test C:\\Users\\dev\\app\\a.test.ts" }],
      ["PL011"],
    ],
    ["PL012 a type check", [{ ...good, verification: "cd app && npx tsc --noEmit | tail -3" }], ["PL012"]],
    ["PL012 nothing", [{ ...good, verification: " " }], ["PL012"]],
    ["PL013 watching", [{ ...good, description: "Watches the folder" }], ["PL013"]],
    [
      "PL015 completed before its dependency",
      [good, { ...good, id: "F002", depends_on: ["F001"], status: "completed" }],
      ["PL015"],
    ],
  ] as [string, (string | object)[], string[]][])("F021 %s", (_title, lines, wanted) => {
    expect(codes(plan(lines))).toEqual(wanted as never);
  });

  test("PL012 a verification that also runs something passes", () => {
    for (const verification of [
      "tsc --noEmit && bun test",
      "cargo test",
      "make check-all",
      "test -f a && node a.js",
    ])
      expect(codes(plan([{ ...good, verification }]))).toEqual([]);
  });
  test("PL014 a cost feature reached through others is a dependency", () => {
    const cost = { ...good, description: "Cost of a request" };
    const store = { ...good, id: "F002", description: "Store", depends_on: ["F001"] };
    const sums = { ...good, id: "F003", description: "Sums of tokens and cost", depends_on: ["F002"] };
    expect(codes(plan([cost, store, sums]))).toEqual([]);
    expect(codes(plan([cost, store, { ...sums, depends_on: [] }]))).toEqual(["PL014"]);
  });
  test("PL016 a number with its own meaning, or with none that another has, is fine", () => {
    const decisions = "## D001 — SQLite for hot data\n## D002 — JSONL for archives\n";
    const cite = (text: string) => codes(plan([good], { "decisions.md": decisions, "init.md": text }));
    expect(cite("D001: SQLite, the hot data\n")).toEqual([]);
    expect(cite("D001: see there\n")).toEqual([]);
    expect(cite("As D002 (hot data in SQLite) has it\n")).toEqual(["PL016"]);
  });
  test("F021 a folder without a plan, a folder as manifest and binary bytes throw nothing", () => {
    const folder = plan(["\u0000\u0001"]);
    mkdirSync(join(folder, "decisions.md"));
    expect(codes(folder)).toEqual(["PL001", "PL008"]);
    expect(codes(join(home, "nowhere"))).toEqual([]);
  });
});

test("F021 every rule is shown by a test of this file", async () => {
  const text = await Bun.file(import.meta.path).text();
  expect(
    Object.keys(LINT_RULES).filter((code) => !text.includes(`"${code} `) && !text.includes(`, ${code} `)),
  ).toEqual([]);
});
