import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadCommand } from "../../cli/command.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { SETTINGS } from "../../schema/settings.ts";
import { TABLES } from "../../scripts/document-tables.ts";
import { fill, PRINTED_FILES, quotingDocuments, region } from "../../scripts/readme.ts";

const ROOT = join(import.meta.dir, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const readme = read("README.md");

/** Table, page, and something that must be in it. */
const PRINTED: [string, string, string][] = [
  ["lint", "docs/plans.md", "`PL016`"],
  ["commands", "docs/cli.md", "`recost`"],
  ["options", "docs/cli.md", "--breakdown"],
  ["settings", "docs/settings.md", "`HALL_DATA_DIR`"],
  ["config", "docs/settings.md", "`budgets[].hard_stop`"],
  ["routes", "docs/api.md", "`GET /api/sessions/:id/timeline`"],
  ["parameters", "docs/api.md", "`event_category`"],
  ["events", "docs/events.md", "`suggestion_count`"],
  ["streams", "docs/events.md", "`rate_limit`"],
  ["metrics", "docs/metrics.md", "`hall_requests_total`"],
  ["decisions", "decisions.md", "D011 Files are the queue"],
  ["fast_path", "docs/performance.md", "`HALL_FAST_IMPORT=false`"],
  ["idle", "docs/performance.md", "empty `Bun.serve`"],
  ["errors", "docs/errors.md", "`database_busy`"],
  ["problems", "docs/troubleshooting.md", "`hook_events_lost`"],
  ["alert_rules", "docs/alerts.md", "`quota_reached` (critical)"],
  ["alert_endings", "docs/alerts.md", "`withdrawn`"],
  ["limit_sources", "docs/limits.md", "`client_cache`"],
  ["limit_states", "docs/limits.md", "`no_longer_reported`"],
  ["limit_windows", "docs/limits.md", "`weekly_all` (Claude)"],
  ["limit_dials", "docs/limits.md", "`CW`"],
  ["limit_failures", "docs/limits.md", "`not_logged_in`"],
  ["token_kinds", "docs/numbers.md", "`cache_creation_1h_input_tokens`"],
  ["flags", "docs/numbers.md", "`fork_parent_missing`"],
  ["waste", "docs/numbers.md", "Retries"],
];

const isPage = (name: string) => name.endsWith(".md");
const linksOf = (page: string) =>
  [...read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map((m) => `${page} ${m[1]}`);
const slugs = (page: string) =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map((m) => (m[1] ?? "").toLowerCase().replaceAll(" ", "-"));

const pagesOf = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter(isPage)
    .map((name) => `${folder}/${name}`);
/** Spans and blocks of code. */
const codeOf = (text: string) =>
  [...text.matchAll(/```\w*[^\n]*\n([\s\S]*?)```|`([^`\n]+)`/g)].map((m) => m[1] ?? m[2] ?? "");

function leads(page: string, link: string): boolean {
  const [path = "", heading] = link.slice(page.length + 1).split("#");
  const target = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return false;
  return heading === undefined || slugs(target).includes(heading);
}

const isLinked = (page: string, pages: string[]) =>
  pages.some((from) => linksOf(from).some((link) => link.endsWith(page.replace("docs/", ""))));

describe("documents that quote the source", () => {
  test.each(quotingDocuments())(
    "F028.A1 every document that quotes the source quotes its current text (else: bun run readme): %s",
    (path) => {
      expect(read(path)).toBe(fill(read(path)));
    },
  );

  test.each(Object.keys(PRINTED_FILES))("F028.A1 a file that is printed as a whole: %s", (path) => {
    expect(read(path)).toBe(PRINTED_FILES[path]!());
  });

  test("F028 a region is a declaration with its comment, up to the line that closes it", () => {
    const source =
      "/** Why. */\nexport function a() {\n  return 1;\n}\n\ntype B = string;\nconst c = [\n  1,\n];\n";
    expect(region(source, "a")).toBe("/** Why. */\nexport function a() {\n  return 1;\n}");
    expect(region(source, "B")).toBe("type B = string;");
    expect(region(source, "c")).toBe("const c = [\n  1,\n];");
    expect(region(source, "d")).toBeUndefined();
    const long = "function e(\n  one: number,\n): { two: number } {\n  return { two: one };\n}\n";
    expect(region(long, "e")).toBe(long.trimEnd());
  });

  test("F028 a marker that names nothing is an error, not an empty place", () => {
    expect(() => fill("<!-- table: nothing -->\n<!-- /table -->")).toThrow("no table is called nothing");
    expect(() => fill("<!-- from: schema/names.ts#nothing -->\n```ts\n```")).toThrow("declares no nothing");
  });

  test("F028.A5 each kind of declaration is printed on the page where a reader expects it", () => {
    for (const [name, page, holds] of PRINTED) {
      expect([page, read(page).includes(`<!-- table: ${name} -->`)]).toEqual([page, true]);
      expect([page, read(page).includes(holds)]).toEqual([page, true]);
    }
    expect(PRINTED.map(([name]) => name).sort()).toEqual(Object.keys(TABLES).sort());
  });

  test("F028.A6 the command page has every command with every option", () => {
    const page = read("docs/cli.md");
    for (const { name } of COMMANDS) expect(page).toContain(`### ${name}\n`);
  });
});

describe("the README", () => {
  test("F028.A2 the README's first command runs the product and its second runs all tests", () => {
    const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((m) =>
      (m[1] ?? "").trim().split("\n"),
    );
    expect(commands.slice(0, 2)).toEqual(["sh bin/hall-monitor start", "sh scripts/test.sh"]);
  });

  test("F028.A7 the README is one page: at most 600 words, with a picture", () => {
    expect(readme.split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(600);
    const picture = /!\[[^\]]+\]\(([^)]+)\)/.exec(readme)?.[1] ?? "";
    const bytes = readFileSync(join(ROOT, picture));
    expect(bytes.subarray(8, 12).toString()).toBe("WEBP");
    expect(bytes.length).toBeLessThan(60_000);
  });

  test("F028.A3 every link of README and docs leads to a file, and to a heading in it", () => {
    const pages = ["README.md", ...pagesOf("docs")];
    const broken = pages.flatMap((page) => linksOf(page).filter((link) => !leads(page, link)));
    expect(broken).toEqual([]);
    for (const page of pages.slice(1)) expect([page, isLinked(page, pages)]).toEqual([page, true]);
  });

  test("F028.A9 every command, option and variable that the documents name exists", async () => {
    const unknown: string[] = [];
    for (const page of ["README.md", "deploy/README.md", ...pagesOf("docs"), ...pagesOf("commands")])
      for (const span of codeOf(read(page))) {
        for (const [, name = ""] of span.matchAll(/\b(HALL_[A-Z_]+[A-Z])\b/g))
          if (!(name in SETTINGS)) unknown.push(`${page} ${name}`);
        for (const [call, word = ""] of span.matchAll(/\bhall-monitor ([a-z]\w*)[^|;&\n]*/g)) {
          const listed = COMMANDS.find(({ name }) => name === word);
          if (!listed) unknown.push(`${page} ${call}`);
          const { options } = listed ? await loadCommand(listed) : { options: {} };
          for (const [, option = ""] of call.matchAll(/ --([a-z][\w-]*)/g))
            if (!(option in options) && option !== "help") unknown.push(`${page} ${word} --${option}`);
        }
      }
    expect(unknown).toEqual([]);
    expect(codeOf("`hall-monitor daili --nothing` and HALL_NOTHING")).toEqual([
      "hall-monitor daili --nothing",
    ]);
  });

  test("F028 AGENTS.md stays short enough to be read, and CLAUDE.md points to it", () => {
    expect(read("AGENTS.md").trimEnd().split("\n").length).toBeLessThanOrEqual(80);
    expect(read(".claude/CLAUDE.md")).toContain("AGENTS.md");
  });
});
