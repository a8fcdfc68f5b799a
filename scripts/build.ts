/**
 * `bun run build [--out DIR]`: the product as one folder that runs without node_modules.
 *   DIR/plugin/                          everything: a Claude Code plugin that is also the command
 *   DIR/.claude-plugin/marketplace.json  offers that plugin
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildPage } from "../viewer/build-page.ts";
import { CARRIERS } from "./build-carrier.ts";
import { bundleHook, pluginFiles } from "./build-hook.ts";

const ROOT = join(import.meta.dir, "..");
const MARKETPLACE = ".claude-plugin/marketplace.json";
const COPIED = [
  "hooks/hall",
  ...Object.keys(CARRIERS),
  "bin/hall-monitor",
  "scripts/prepare.sh",
  "LICENSE",
  "README.md",
  ...["status", "costs", "limits", "plan-status"].map((name) => `commands/${name}.md`),
  ...readdirSync(join(ROOT, "docs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
];
/** Each becomes a file beside the program; what is in it is fetched by URL, so no `import` names it. */
const PROGRAMS = [
  "cli/main.ts",
  "cli/watchdog-worker.ts",
  "collector/history-worker.ts",
  "viewer/pack-files.ts",
];
/** Nothing else is: a shebang cannot seal Bun on every system, the launcher does. */
const EXECUTABLE = ["bin/hall-monitor", "hooks/hall", ...Object.keys(CARRIERS)];

export async function build(out: string): Promise<void> {
  const plugin = join(out, "plugin");
  // Only what an earlier build made: DIR may be a folder that holds other things, too.
  for (const made of [plugin, join(out, ".claude-plugin")]) rmSync(made, { recursive: true, force: true });

  const files: Record<string, string> = { ...pluginFiles(), "hooks/emit.js": await bundleHook() };
  files["hooks/statusline.js"] = await bundleHook("hooks/statusline.js");
  files["hooks/stop.js"] = await bundleHook("hooks/stop.js");
  for (const entry of PROGRAMS) Object.assign(files, await bundle(entry));
  for (const [name, text] of await buildPage()) files[`ui/${name}`] = text;
  for (const [path, text] of Object.entries(files)) write(join(plugin, path), text);
  for (const path of COPIED.filter((p) => existsSync(join(ROOT, p)))) copy(path, join(plugin, path));
  for (const path of EXECUTABLE) chmodSync(join(plugin, path), 0o755);

  // A marketplace that is its own plugin would be copied into the client's cache with all that lies beside it.
  write(join(out, MARKETPLACE), pointTo("./plugin", files[MARKETPLACE] ?? "{}"));
}

/** A script for the Bun that the launcher finds, and beside it what its `import()`s fetch; prices included. */
async function bundle(entry: string): Promise<Record<string, string>> {
  const built = await Bun.build({
    entrypoints: [join(ROOT, entry)],
    target: "bun",
    format: "esm",
    splitting: true,
    naming: { entry: "[name].js", chunk: "part-[hash].js" },
    minify: { syntax: true, whitespace: true, identifiers: false },
    sourcemap: "none",
  });
  if (!built.success) throw new AggregateError(built.logs, `${entry} does not build`);
  const texts = built.outputs.map(async (o) => [`cli/${basename(o.path)}`, await o.text()] as const);
  return Object.fromEntries(await Promise.all(texts));
}

function pointTo(source: string, marketplace: string): string {
  const parsed = JSON.parse(marketplace) as { plugins: { source: string }[] };
  return `${JSON.stringify({ ...parsed, plugins: parsed.plugins.map((p) => ({ ...p, source })) }, null, 2)}\n`;
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(join(ROOT, from), to);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: "string", default: join(ROOT, "dist") } } });
  const out = resolve(values.out);
  await build(out);
  console.log(`built ${out}`);
}
