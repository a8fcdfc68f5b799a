import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";

export type Assets = Map<string, { body: string; type: string }>;

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
const PAGE = "index.html";
const ICONS = ["favicon.svg", "favicon-waiting.svg"];
const NEEDED = [PAGE, "app.js", "app.css", "worker.js", ...ICONS];
const UI = join(import.meta.dir, "ui");

/**
 * The page by URL path. A release has it ready in `ui/` beside `cli/`; a checkout bundles it here, once per
 * start. A page that cannot be built must not stop the recorder, so then `/` says why instead.
 */
export async function loadAssets(): Promise<Assets> {
  const ready = join(import.meta.dir, "..", "ui");
  try {
    return toAssets(existsSync(join(ready, "app.js")) ? await readPage(ready) : await buildPage());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const body = `The page could not be built: ${reason}\nRun \`bun install\`, then start again. The API works.\n`;
    return new Map([["/", { body, type: "text/plain; charset=utf-8" }]]);
  }
}

/** File name to content, as `ui/` of a release holds them. */
export async function buildPage(): Promise<Map<string, string>> {
  const worker = (await bundle(["stream/worker.ts"], {})).get("worker.js") ?? "";
  // By its content, so that a tab of another version never shares its worker.
  const url = `/worker.js?v=${Bun.hash(worker).toString(36)}`;
  const files = await bundle(["main.tsx", "styles.css"], { WORKER_URL: JSON.stringify(url) });
  files.set("worker.js", worker);
  for (const name of [PAGE, ...ICONS]) files.set(name, await readFile(join(UI, name), "utf8"));
  files.set(PAGE, withPreloads(files.get(PAGE) ?? "", files.get("app.js") ?? ""));
  return files;
}

/** What the program needs at once is asked for with it, not after it has been read. */
function withPreloads(page: string, app: string): string {
  const parts = [...app.matchAll(/(?:from|import)\s*"\.\/(part-[a-z0-9]+\.js)"/g)].map(([, name]) => name);
  const links = [...new Set(parts)].map((name) => `<link rel="modulepreload" href="/${name}">`);
  return page.replace("</head>", `${links.join("")}</head>`);
}

const NAMES: Record<string, string> = { "main.js": "app.js", "styles.css": "app.css" };

async function bundle(entries: string[], define: Record<string, string>): Promise<Map<string, string>> {
  const built = await Bun.build({
    entrypoints: entries.map((name) => join(UI, name)),
    target: "browser",
    format: "esm",
    minify: true,
    sourcemap: "none",
    // A view is loaded when it is first shown.
    splitting: true,
    naming: { entry: "[name].[ext]", chunk: "part-[hash].[ext]" },
    define: { "process.env.NODE_ENV": '"production"', ...define },
  });
  const files = new Map<string, string>();
  for (const output of built.outputs) {
    const name = basename(output.path);
    files.set(NAMES[name] ?? name, await output.text());
  }
  return files;
}

async function readPage(folder: string): Promise<Map<string, string>> {
  const read = async (name: string) => [name, await readFile(join(folder, name), "utf8")] as const;
  return new Map(await Promise.all((await readdir(folder)).map(read)));
}

function toAssets(files: Map<string, string>): Assets {
  const assets: Assets = new Map();
  for (const name of NEEDED) if (!files.has(name)) throw new Error(`${name} is missing`);
  for (const [name, body] of files) {
    const type = TYPES[extname(name)];
    if (type !== undefined) assets.set(name === PAGE ? "/" : `/${name}`, { body, type });
  }
  return assets;
}
