import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export type Assets = Map<string, { body: string; type: string }>;

const TYPES: Record<string, string> = {
  "index.html": "text/html; charset=utf-8",
  "app.js": "text/javascript; charset=utf-8",
  "app.css": "text/css; charset=utf-8",
  "favicon.svg": "image/svg+xml",
};
const PAGE = "index.html";

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
  const ui = join(import.meta.dir, "ui");
  const built = await Bun.build({
    entrypoints: [join(ui, "main.tsx"), join(ui, "styles.css")],
    target: "browser",
    format: "esm",
    minify: true,
    sourcemap: "none",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const files = new Map<string, string>();
  for (const output of built.outputs)
    files.set(output.path.endsWith(".css") ? "app.css" : "app.js", await output.text());
  for (const name of [PAGE, "favicon.svg"]) files.set(name, await readFile(join(ui, name), "utf8"));
  return files;
}

async function readPage(folder: string): Promise<Map<string, string>> {
  const read = async (name: string) => [name, await readFile(join(folder, name), "utf8")] as const;
  return new Map(await Promise.all(Object.keys(TYPES).map(read)));
}

function toAssets(files: Map<string, string>): Assets {
  const assets: Assets = new Map();
  for (const [name, type] of Object.entries(TYPES)) {
    const body = files.get(name);
    if (body === undefined) throw new Error(`${name} is missing`);
    assets.set(name === PAGE ? "/" : `/${name}`, { body, type });
  }
  return assets;
}
