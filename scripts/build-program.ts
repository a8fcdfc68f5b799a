/**
 * `bun scripts/build-program.ts NAME`: the build that a checkout keeps of itself, in `.bun/program/NAME`. The launcher
 * runs a daemon from it; `sources_sum` in `prepare.sh` gives the name.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { buildPage } from "../viewer/build-page.ts";

const ROOT = join(import.meta.dir, "..");
const KEPT = join(ROOT, ".bun/program");
/** A daemon fetches parts of the build that it was started from, also after an update. */
const BUILDS_KEPT = 3;
/** Each becomes a file beside the program; what is in it is fetched by URL, so no `import` names it. */
const PROGRAMS = ["cli/main.ts", "cli/watchdog-worker.ts", "collector/history-worker.ts"];

type Files = Record<string, string | Uint8Array>;

/** The program in `cli/` and its page in `ui/`: runs without node_modules, prices included. */
export async function programFiles(): Promise<Files> {
  const [page, ...programs] = await Promise.all([pageFiles(), ...PROGRAMS.map(bundle)]);
  return Object.assign(page, ...programs);
}

/** A script for the Bun that the launcher finds, and beside it what its `import()`s fetch. */
async function bundle(entry: string): Promise<Files> {
  const built = await Bun.build({
    entrypoints: [join(ROOT, entry)],
    target: "bun",
    format: "esm",
    splitting: true,
    naming: { entry: "[name].js", chunk: "part-[hash].js" },
    minify: { syntax: true, whitespace: true, identifiers: false },
    sourcemap: "none",
    plugins: [deferred, english],
  });
  if (!built.success) throw new AggregateError(built.logs, `${entry} does not build`);
  const texts = built.outputs.map(async (o) => [`cli/${basename(o.path)}`, await o.text()] as const);
  return Object.fromEntries(await Promise.all(texts));
}

/** The bundler takes `import defer` for an import; what it finds in a `require` it evaluates when that runs. */
const deferred: Bun.BunPlugin = {
  name: "deferred imports",
  setup(build) {
    build.onLoad({ filter: /\/schema\/api[^/]*\.ts$/ }, async ({ path }) => {
      const source = await Bun.file(path).text();
      const contents = source.replace(
        /^import defer \* as (\w+) from ("[^"]+");$/gm,
        "const $1 = new Proxy({}, { get: (_, name) => require($2)[name] });",
      );
      return { contents, loader: "ts" };
    });
  },
};

/** The library has its messages in fifty languages, and loads them all. */
const english: Bun.BunPlugin = {
  name: "messages in English",
  setup(build) {
    const contents = 'export { default as en } from "./en.js";';
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents, loader: "js" }));
  },
};

const brotli = promisify<Buffer, object, Buffer>(brotliCompress);
/** For what is sent often: 7 % less than level 5 in thirty times its time. */
const SMALLEST = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };

/** The page as it is, and compressed where that makes it smaller. */
async function pageFiles(): Promise<Files> {
  const files = [...(await buildPage())].map(async ([name, text]) => {
    const packed = await brotli(Buffer.from(text), SMALLEST);
    const isSmaller = packed.length < text.length;
    return { [`ui/${name}`]: text, ...(isSmaller && { [`ui/${name}.br`]: packed }) };
  });
  return Object.assign({}, ...(await Promise.all(files)));
}

export function writeFiles(folder: string, files: Files): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

/** Complete or not there at all, also where two are at it. */
async function keep(name: string): Promise<void> {
  const unfinished = join(KEPT, `${name}.${process.pid}`);
  try {
    writeFiles(unfinished, await programFiles());
    renameSync(unfinished, join(KEPT, name));
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  const builds = readdirSync(KEPT).map((each) => ({
    path: join(KEPT, each),
    made: statSync(join(KEPT, each)),
  }));
  builds.sort((a, b) => b.made.mtimeMs - a.made.mtimeMs);
  for (const { path } of builds.slice(BUILDS_KEPT)) rmSync(path, { recursive: true, force: true });
}

if (import.meta.main) await keep(Bun.argv[2]!);
