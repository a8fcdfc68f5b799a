import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { messageOf } from "../schema/errors.ts";
import { BUN_SEAL } from "../schema/names.ts";
import { PAGES } from "../schema/pages.ts";
import type { Asset } from "./deps.ts";

export type Assets = Map<string, Asset>;

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
const HTML = "text/html; charset=utf-8";
const PAGE = "index.html";
/** Names of views to the files that they load. */
const VIEWS = "views.json";
/** Files with a content hash in their name, so that a browser never requests the same one again. */
const ENTRIES = ["app.js", "app.css"];
const ICONS = ["favicon.svg", "favicon-waiting.svg"];
const NEEDED = [PAGE, VIEWS, ...ENTRIES, "worker.js", ...ICONS];
/** Behind the name of a file: the same, compressed ahead. */
const PACKED = ".br";
const BUILDER = join(import.meta.dir, "build-page.ts");

/**
 * The page by URL path, that of a view by its pattern in `PAGES`. A build has it ready in `ui/` beside `cli/`; from
 * sources it is bundled at each start. A page that cannot be built must not stop the recorder: then `/` shows the reason.
 */
export async function loadAssets(): Promise<Assets> {
  const ready = join(import.meta.dir, "..", "ui");
  try {
    return toAssets(existsSync(join(ready, "app.js")) ? await readPage(ready) : await build());
  } catch (cause) {
    const reason = messageOf(cause);
    const body = `Cannot build the page: ${reason}\nRun \`bun install\`, then start again. The API works.\n`;
    return new Map([["/", { body, type: "text/plain; charset=utf-8" }]]);
  }
}

/** In another process: the 20 MB of a bundler are not freed by the process in which it ran. */
async function build(): Promise<Map<string, Buffer>> {
  const child = Bun.spawn([process.execPath, ...BUN_SEAL, BUILDER], {
    cwd: "/",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [text, complaint] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => new Response(stream).text()),
  );
  if ((await child.exited) !== 0) throw new Error(complaint!.trim() || `exit code ${child.exitCode}`);
  const files = Object.entries(JSON.parse(text!) as Record<string, string>);
  return new Map(files.map(([name, body]) => [name, Buffer.from(body)]));
}

async function readPage(folder: string): Promise<Map<string, Buffer>> {
  const read = async (name: string) => [name, await readFile(join(folder, name))] as const;
  return new Map(await Promise.all((await readdir(folder)).map(read)));
}

function toAssets(files: Map<string, Buffer>): Assets {
  const assets: Assets = new Map();
  for (const name of NEEDED) if (!files.has(name)) throw new Error(`${name} is missing`);
  for (const [name, body] of files) {
    const type = TYPES[extname(name)];
    const br = files.get(`${name}${PACKED}`);
    if (type !== undefined && name !== PAGE) assets.set(`/${name}`, { body, type, ...(br && { br }) });
  }
  const views = JSON.parse(String(files.get(VIEWS))) as Record<string, string[]>;
  const page = ENTRIES.reduce(
    (html, name) => html.replace(`"/${name}"`, `"/${name}?v=${Bun.hash(files.get(name)!).toString(36)}"`),
    String(files.get(PAGE)),
  );
  for (const [view, path] of Object.entries(PAGES)) {
    const links = (views[view] ?? []).map((name) => `<link rel="modulepreload" href="/${name}">`).join("");
    const body = page.replace("</head>", `${links}</head>`);
    assets.set(path, { body, type: HTML });
  }
  return assets;
}
