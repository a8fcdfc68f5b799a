import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { messageOf } from "../schema/errors.ts";
import { PAGES } from "../schema/pages.ts";
import { packAssets } from "./encoding.ts";

export type Assets = Map<string, { body: string; type: string }>;

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
const HTML = "text/html; charset=utf-8";
const PAGE = "index.html";
/** Names of views to the files that they load. */
const VIEWS = "views.json";
/** Of which the page names the content, so that a browser never asks for the same one again. */
const ENTRIES = ["app.js", "app.css"];
const ICONS = ["favicon.svg", "favicon-waiting.svg"];
const NEEDED = [PAGE, VIEWS, ...ENTRIES, "worker.js", ...ICONS];
const UI = join(import.meta.dir, "ui");

/**
 * The page by URL path, that of a view by its pattern in `PAGES`. A release has it ready in `ui/` beside `cli/`; a
 * checkout bundles it here, once per start. A page that cannot be built must not stop the recorder, so then `/` shows the reason instead.
 */
export async function loadAssets(): Promise<Assets> {
  const ready = join(import.meta.dir, "..", "ui");
  try {
    const assets = toAssets(existsSync(join(ready, "app.js")) ? await readPage(ready) : await buildPage());
    void packAssets([...assets.values()].filter(({ type }) => type !== HTML));
    return assets;
  } catch (cause) {
    const reason = messageOf(cause);
    const body = `Cannot build the page: ${reason}\nRun \`bun install\`, then start again. The API works.\n`;
    return new Map([["/", { body, type: "text/plain; charset=utf-8" }]]);
  }
}

/** File name to content, as `ui/` of a release holds them. */
export async function buildPage(): Promise<Map<string, string>> {
  const worker = (await bundle(["stream/worker.ts"], {})).files.get("worker.js") ?? "";
  // By its content, so that a tab of another version never shares its worker.
  const url = `/worker.js?v=${Bun.hash(worker).toString(36)}`;
  const { files, imports } = await bundle(["main.tsx", "styles.css"], { WORKER_URL: JSON.stringify(url) });
  files.set("worker.js", worker);
  for (const name of [PAGE, ...ICONS]) files.set(name, await readFile(join(UI, name), "utf8"));
  files.set(VIEWS, JSON.stringify(await filesOfViews(imports), null, 1));
  return files;
}

const NAMES: Record<string, string> = { "main.js": "app.js", "styles.css": "app.css" };
/** Of a source file: the built one that holds it, and what that one needs before it runs. */
type Imports = (source: string) => string[];

async function bundle(entries: string[], define: Record<string, string>) {
  const built = await Bun.build({
    entrypoints: entries.map((name) => join(UI, name)),
    target: "browser",
    format: "esm",
    minify: true,
    sourcemap: "none",
    // A view is loaded when it is first shown.
    splitting: true,
    naming: { entry: "[name].[ext]", chunk: "part-[hash].[ext]" },
    metafile: true,
    define: { "process.env.NODE_ENV": '"production"', ...define },
  });
  const files = new Map<string, string>();
  for (const output of built.outputs) {
    const name = basename(output.path);
    files.set(NAMES[name] ?? name, await output.text());
  }
  const outputs = Object.entries(built.metafile?.outputs ?? {});
  const imports: Imports = (source) => {
    const [first] = outputs.find(([, { entryPoint }]) => entryPoint?.endsWith(`viewer/ui/${source}`)) ?? [];
    const found = new Set<string>();
    const add = (path: string): void => {
      const name = basename(path);
      if (found.has(name)) return;
      found.add(name);
      const of = outputs.find(([output]) => basename(output) === name)?.[1].imports ?? [];
      for (const { path, kind } of of) if (kind === "import-statement") add(path);
    };
    if (first !== undefined) add(first);
    return [...found].map((name) => NAMES[name] ?? name);
  };
  return { files, imports };
}

/** What each view loads besides the program itself: asked for with it, not after it has been read. */
async function filesOfViews(imports: Imports): Promise<Record<string, string[]>> {
  const loaders = await readFile(join(UI, "views.tsx"), "utf8");
  const views = [...loaders.matchAll(/^ {2}(\w+): async \(\) => \(await import\("\.\/([^"]+)"\)\)/gm)];
  return Object.fromEntries(
    views.map(([, page, source]) => [
      page!,
      [...new Set([...imports("main.tsx"), ...imports(source!)])].filter((name) => name !== "app.js"),
    ]),
  );
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
    if (type !== undefined && name !== PAGE) assets.set(`/${name}`, { body, type });
  }
  const views = JSON.parse(files.get(VIEWS) ?? "{}") as Record<string, string[]>;
  const page = ENTRIES.reduce(
    (html, name) => html.replace(`"/${name}"`, `"/${name}?v=${Bun.hash(files.get(name)!).toString(36)}"`),
    files.get(PAGE)!,
  );
  for (const [view, path] of Object.entries(PAGES)) {
    const links = (views[view] ?? []).map((name) => `<link rel="modulepreload" href="/${name}">`).join("");
    const body = page.replace("</head>", `${links}</head>`);
    assets.set(path, { body, type: HTML });
  }
  return assets;
}
