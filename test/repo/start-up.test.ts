import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "../..");
/** Each takes longer to load than a table of numbers takes to answer. */
const SLOW = ["zod", "hono", "chokidar", "prom-client", "preact", "node:http", "node:util"];
const SLOW_FILES = ["schema/api.ts", "store/price-book.ts", "store/pricing.json", "viewer/app.ts"];
const transpiler = new Bun.Transpiler({ loader: "ts" });

/** Evaluated when something of it is first used. */
const DEFERRED = /^import defer \* as \w+ from "(.+)";$/gm;

/** What is evaluated before the first line of a file runs: an `import()` is fetched later, a type never. */
function loadedWith(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  if (!file.endsWith(".ts")) return found;
  const source = readFileSync(join(ROOT, file), "utf8").replace(/^#!.*/, "").replace(DEFERRED, "");
  for (const { kind, path } of transpiler.scanImports(source))
    if (kind === "import-statement") {
      if (path.startsWith(".")) loadedWith(join(dirname(file), path), found);
      else found.add(path);
    }
  return found;
}

const slowOf = (file: string) => [...loadedWith(file)].filter((x) => [...SLOW, ...SLOW_FILES].includes(x));

test("F000 the walk sees what a slow command loads, and through which files", () => {
  const guard = loadedWith("cli/commands/guard.ts");
  expect(guard.has("schema/alerts.ts")).toBe(true);
  expect(slowOf("cli/commands/guard.ts")).toContain("zod");
});

test("F000 the program starts without any command's code", () => {
  const commands = [...loadedWith("cli/main.ts")].filter((path) => path.startsWith("cli/commands/"));
  expect(commands).toEqual([]);
  expect(slowOf("cli/main.ts")).toEqual([]);
});

test.each(["cli/commands/report.ts", "cli/commands/blocks.ts", "cli/commands/session.ts"])(
  "F000 a table of tokens and cost loads neither zod nor the price book nor the viewer: %s",
  (file) => {
    expect(loadedWith(file).has("bun:sqlite")).toBe(true);
    expect(slowOf(file)).toEqual([]);
  },
);

test.each(["start", "stop", "status", "reindex"])(
  "F000 a command that may find no daemon loads neither zod nor HTTP before it has one: %s",
  (name) => {
    expect(slowOf(`cli/commands/${name}.ts`)).toEqual([]);
  },
);

test("F000 the price book loads zod only for prices of one's own", () => {
  expect(slowOf("store/price-book.ts")).toEqual(["store/price-book.ts", "store/pricing.json"]);
});

test("F019 the daemon starts without the shapes of its responses", () => {
  const table = [...new Bun.Glob("schema/api*.ts").scanSync(ROOT)];
  const shapes = table.flatMap((file) =>
    [...readFileSync(join(ROOT, file), "utf8").matchAll(DEFERRED)].map(([, path]) => join("schema", path!)),
  );
  expect(shapes).toContain("schema/api-shapes.ts");
  const loaded = loadedWith("cli/run-daemon.ts");
  expect(loaded.has("schema/api.ts")).toBe(true);
  expect(shapes.filter((file) => loaded.has(file))).toEqual([]);
});

test("F007 the viewer loads the library of Prometheus at the first scrape", () => {
  const script = `await import(${JSON.stringify(join(ROOT, "viewer/app.ts"))});
    console.log(Object.keys(require.cache).filter((path) => path.includes("/prom-client/")).length);`;
  const { stdout, stderr } = Bun.spawnSync([process.execPath, "-e", script]);
  expect([stdout.toString().trim(), stderr.toString()]).toEqual(["0", ""]);
});
