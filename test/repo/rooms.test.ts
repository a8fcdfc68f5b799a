import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

import { withoutComments } from "./source-text.ts";

const ROOT = join(import.meta.dir, "../..");
/** From left to right: a room may import itself and what comes before it. */
const ROOMS = ["schema", "hooks", "store", "collector", "viewer", "cli"];
const TOP_LEVEL = [
  "hooks",
  "viewer",
  "prompts",
  "code",
  "manifest.jsonl",
  "decisions.md",
  "edge-cases.md",
  "constraints.md",
  "package.json",
  "bunfig.toml",
];
/** The hook and the configuration are the two that meet the environment first. */
const MAY_READ_ENVIRONMENT = [
  "schema/config.ts",
  "schema/settings.ts",
  "hooks/autostart.ts",
  "hooks/emit.ts",
  "hooks/statusline.ts",
  "hooks/stop-main.ts",
];
const HOOK_FILES = [
  "append",
  "autostart",
  "emit",
  "regular",
  "stdin",
  ...[
    "digest",
    "escapes",
    "heads",
    "json",
    "mask",
    "mode",
    "names",
    "patterns",
    "payload",
    "protect",
    "ranges",
  ].map((name) => `redact/${name}`),
].map((name) => `hooks/${name}.ts`);
const MAX_LINES = 300;

type SourceFile = { path: string; room: string; text: string; code: string };
type Import = { from: string; specifier: string; target: string | undefined; isType: boolean };

const withoutStrings = (code: string) => code.replace(/(["'`])(?:\\.|(?!\1)[^\\])*\1/g, '""');

function sources(folders: string[]): SourceFile[] {
  return folders.flatMap((room) => {
    if (!existsSync(join(ROOT, room))) return [];
    const found = [...new Bun.Glob("**/*.{ts,tsx}").scanSync({ cwd: join(ROOT, room) })];
    return found
      .filter((path) => !path.startsWith("fixtures/"))
      .map((path) => {
        const text = readFileSync(join(ROOT, room, path), "utf8");
        return { path: `${room}/${path.replaceAll("\\", "/")}`, room, text, code: withoutComments(text) };
      });
  });
}

function importsOf(file: SourceFile): Import[] {
  const statements = /^\s*(?:import|export)\s+(type\s)?(?:[^"'`;]*?\sfrom\s+)?["']([^"']+)["']/gm;
  const calls = /\bimport\(\s*(type\s)?["']([^"']+)["']/g;
  return [...file.code.matchAll(statements), ...file.code.matchAll(calls)].map((match) => {
    const specifier = match[2] ?? "";
    const target = specifier.startsWith(".") ? normalize(join(dirname(file.path), specifier)) : undefined;
    return { from: file.path, specifier, target, isType: match[1] !== undefined };
  });
}

const product = sources(ROOMS);
const everything = [...product, ...sources(["scripts", "test"])];
const productImports = product.flatMap(importsOf);
const roomOf = (path: string) => path.split("/")[0] ?? "";
const show = (i: Import) => `${i.from} imports ${i.specifier}`;

describe("the rooms and their one direction", () => {
  test("F000 the reader of imports sees every form that the rules are about", () => {
    const code = [
      'import { a } from "./a.ts";',
      'import type { B } from "../schema/b.ts";',
      'export { c } from "./c.ts";',
      'import "./d.ts";',
      'const e = await import("../cli/e.ts");',
      'import {\n  f,\n} from "../store/f.ts";',
    ].join("\n");
    const found = importsOf({ path: "store/x.ts", room: "store", text: code, code });
    expect(found.map((i) => i.target)).toEqual([
      "store/a.ts",
      "schema/b.ts",
      "store/c.ts",
      "store/d.ts",
      "store/f.ts",
      "cli/e.ts",
    ]);
    expect(found.filter((i) => i.isType).map((i) => i.target)).toEqual(["schema/b.ts"]);
    expect(product.length).toBeGreaterThan(5);
  });

  test("F000.A1 every import points to its own room or further left", () => {
    const back = productImports.filter((i) => {
      if (i.target === undefined) return false;
      return (
        ROOMS.indexOf(roomOf(i.target)) > ROOMS.indexOf(roomOf(i.from)) ||
        (i.target !== "package.json" && !ROOMS.includes(roomOf(i.target)))
      );
    });
    expect(back.map(show)).toEqual([]);
  });

  test("F000 relative imports name the file with its extension", () => {
    const relative = everything.flatMap(importsOf).filter((i) => i.target !== undefined);
    expect(relative.filter((i) => !/\.\w+$/.test(i.specifier)).map(show)).toEqual([]);
  });

  test("F000 the hook imports only the shared names and what the runtime brings", () => {
    const hook = productImports.filter((i) => HOOK_FILES.includes(i.from));
    const names = ["schema/names.ts", "schema/capture-settings.ts"];
    const own = [...HOOK_FILES, ...names];
    const foreign = hook.filter((i) => !own.includes(i.target ?? "") && !i.specifier.startsWith("node:"));
    expect(foreign.map(show)).toEqual([]);
    expect(productImports.filter((i) => names.includes(i.from)).map(show)).toEqual([]);
  });

  test("F000 only the store opens SQLite; the others may name its types", () => {
    const sqlite = productImports.filter((i) => i.specifier === "bun:sqlite" && roomOf(i.from) !== "store");
    expect(sqlite.filter((i) => !i.isType).map(show)).toEqual([]);
  });

  test("F000 only the configuration and the hook read the environment", () => {
    const readers = product.filter((f) => /\b(?:process|Bun)\.env\b/.test(withoutStrings(f.code)));
    expect(readers.map((f) => f.path).filter((path) => !MAY_READ_ENVIRONMENT.includes(path))).toEqual([]);
  });
});

describe("the shape of the repository", () => {
  test("F000.A2 what a visitor looks for is at the top", () => {
    expect(TOP_LEVEL.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  test("F000 there is no drawer for things without a place", () => {
    const drawer = /(^|\/)(utils?|lib|common|helpers?|misc)(\/|\.tsx?$)/;
    expect(product.map((f) => f.path).filter((path) => drawer.test(path))).toEqual([]);
  });

  test("F000 no file only passes on what others export", () => {
    const barrel = (code: string) => {
      const rest = code.replace(
        /^\s*export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+["'][^"']+["'];?/gm,
        "",
      );
      return code.trim() !== "" && rest.trim() === "";
    };
    expect(barrel('export * from "./a.ts";\nexport type { B } from "./b.ts";\n')).toBe(true);
    const found = product.filter((f) => barrel(f.code) || /(^|\/)index\.tsx?$/.test(f.path));
    expect(found.map((f) => f.path)).toEqual([]);
  });

  test(`F000 no source file is longer than ${MAX_LINES} lines`, () => {
    const long = [...product, ...sources(["scripts"])].map((f) => ({
      path: f.path,
      lines: f.text.trimEnd().split("\n").length,
    }));
    expect(long.filter((f) => f.lines > MAX_LINES)).toEqual([]);
  });

  test("F000 no type is switched off", () => {
    const off = /(?::|\bas|<|\|)\s*any\b(?!\s*\()/;
    expect(off.test("const x = y as any;")).toBe(true);
    const elsewhere = everything.filter((f) => !f.path.startsWith("test/repo/"));
    const uses = elsewhere.filter((f) => off.test(withoutStrings(f.code)));
    const silenced = elsewhere.filter((f) => /@ts-(?:ignore|nocheck)/.test(f.text));
    expect([...uses, ...silenced].map((f) => f.path)).toEqual([]);
  });

  test("F000 what is written as an object is one, not packed in spreads", () => {
    const packed = /\.\.\.\(?\{/;
    expect(packed.test("return { a, ...{ b, c } };")).toBe(true);
    const packing = everything.filter((f) => packed.test(withoutStrings(f.code)));
    expect(packing.map((f) => f.path)).toEqual([]);
  });

  test("F000 nothing knows the path of this checkout", () => {
    const here = everything.filter((f) => ROOT.length > 3 && f.text.includes(ROOT));
    expect(here.map((f) => f.path)).toEqual([]);
  });
});
