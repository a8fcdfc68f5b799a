import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../../cli/commands.ts";
import { fill, quotingDocuments, region } from "../../scripts/readme.ts";

const ROOT = join(import.meta.dir, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const readme = read("README.md");

describe("documents that quote the source", () => {
  test.each(quotingDocuments())(
    "F028.A1 every document that quotes the source quotes what it says now (else: bun run readme): %s",
    (path) => {
      expect(read(path)).toBe(fill(read(path)));
    },
  );

  test("a region is a declaration with its comment, up to the line that closes it", () => {
    const source =
      "/** Why. */\nexport function a() {\n  return 1;\n}\n\ntype B = string;\nconst c = [\n  1,\n];\n";
    expect(region(source, "a")).toBe("/** Why. */\nexport function a() {\n  return 1;\n}");
    expect(region(source, "B")).toBe("type B = string;");
    expect(region(source, "c")).toBe("const c = [\n  1,\n];");
    expect(region(source, "d")).toBeUndefined();
    const long = "function e(\n  one: number,\n): { two: number } {\n  return { two: one };\n}\n";
    expect(region(long, "e")).toBe(long.trimEnd());
  });

  test("a marker that names nothing is an error, not an empty place", () => {
    expect(() => fill("<!-- table: nothing -->\n<!-- /table -->")).toThrow("no table is called nothing");
    expect(() => fill("<!-- from: schema/names.ts#nothing -->\n```ts\n```")).toThrow("declares no nothing");
  });

  test("the README prints the settings, the routes and the error codes", () => {
    for (const name of ["settings", "routes", "errors"]) expect(readme).toContain(`<!-- table: ${name} -->`);
    expect(readme).toContain("`HALL_DATA_DIR`");
    expect(readme).toContain("`GET /api/sessions/:id/timeline`");
    expect(readme).toContain("`database_busy`");
  });
});

describe("the README", () => {
  test("F028.A2 the README's first command runs the product and its second runs all tests", () => {
    const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((m) =>
      (m[1] ?? "").trim().split("\n"),
    );
    expect(commands.slice(0, 2)).toEqual(["sh bin/hall-monitor start", "sh scripts/test.sh"]);
  });

  test("F028.A3 every file of the repository that the README names exists", () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map((m) => m[1] ?? "");
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((path) => !Bun.file(join(ROOT, path)).size && !path.endsWith("/"))).toEqual([]);
  });

  test("every link into itself leads to a heading", () => {
    const slugs = [...readme.matchAll(/^#+ (.+)$/gm)].map((m) =>
      (m[1] ?? "").toLowerCase().replaceAll(" ", "-"),
    );
    const links = [...readme.matchAll(/\]\(#([^)]+)\)/g)].map((m) => m[1] ?? "");
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !slugs.includes(link))).toEqual([]);
  });

  test("every command of the program stands in its table", () => {
    const rows = readme.split("## Commands")[1]?.split("## ")[0] ?? "";
    expect(COMMANDS.map((c) => c.name).filter((name) => !new RegExp(`\`${name}[\` ]`).test(rows))).toEqual(
      [],
    );
  });

  test("AGENTS.md stays short enough to be read, and CLAUDE.md points to it", () => {
    expect(read("AGENTS.md").trimEnd().split("\n").length).toBeLessThanOrEqual(80);
    expect(read(".claude/CLAUDE.md")).toContain("AGENTS.md");
  });
});
