/**
 * `bun run build [--out DIR]`: the product as one folder that runs without node_modules.
 *   DIR/plugin/                          everything: a Claude Code plugin that is also the command
 *   DIR/.claude-plugin/marketplace.json  offers that plugin
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CARRIERS } from "./build-carrier.ts";
import { bundleHook, pluginFiles } from "./build-hook.ts";
import { programFiles, writeFiles } from "./build-program.ts";

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
/** Nothing else is: a shebang cannot seal Bun on every system, the launcher does. */
const EXECUTABLE = ["bin/hall-monitor", "hooks/hall", ...Object.keys(CARRIERS)];

export async function build(out: string): Promise<void> {
  const plugin = join(out, "plugin");
  // Only what an earlier build made: DIR may be a folder that holds other things, too.
  for (const made of [plugin, join(out, ".claude-plugin")]) rmSync(made, { recursive: true, force: true });

  const files: Record<string, string> = { ...pluginFiles(), "hooks/emit.js": await bundleHook() };
  files["hooks/statusline.js"] = await bundleHook("hooks/statusline.js");
  files["hooks/stop.js"] = await bundleHook("hooks/stop.js");
  writeFiles(plugin, { ...files, ...(await programFiles()) });
  for (const path of COPIED.filter((p) => existsSync(join(ROOT, p)))) copy(path, join(plugin, path));
  for (const path of EXECUTABLE) chmodSync(join(plugin, path), 0o755);

  // A marketplace that is its own plugin would be copied into the client's cache with all that lies beside it.
  writeFiles(out, { [MARKETPLACE]: pointTo("./plugin", files[MARKETPLACE] ?? "{}") });
}

function pointTo(source: string, marketplace: string): string {
  const parsed = JSON.parse(marketplace) as { plugins: { source: string }[] };
  return `${JSON.stringify({ ...parsed, plugins: parsed.plugins.map((p) => ({ ...p, source })) }, null, 2)}\n`;
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
