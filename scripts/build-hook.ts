/** Prints the plugin's generated files: the hook as one script, and the two lists made from names and version. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { CORE_HOOK_EVENTS, OBSERVED_HOOK_EVENTS } from "../schema/names.ts";

const ROOT = join(import.meta.dir, "..");
// biome-ignore lint/suspicious/noTemplateCurlyInString: the client puts the plugin's folder here
const PLUGIN = "${CLAUDE_PLUGIN_ROOT}";
/** Seconds. A SessionEnd hook of a plugin gets 1.5 s of the client anyway. */
const TIMEOUT = 5;

/**
 * Runs the recorder with the first runtime that works: $1 is the plugin's folder, $2 the event. No `$( )`,
 * since each costs a fork. It runs in the plugin's folder: in the project's, Bun would load its `.env`, run
 * its `bunfig.toml` preloads, and a relative PATH entry would find its programs.
 * dash exits with 2 where a special builtin fails, and 2 blocks the agent, so none with a redirection stands here.
 */
const launch = (script: string, run: string) =>
  [
    `if cd "$1/hooks" 2>/dev/null && [ -f ${script} ]; then unset BUN_OPTIONS BUN_INSPECT NODE_OPTIONS`,
    `p=$PATH`,
    `[ -n "$BUN_INSTALL" ] && p=$BUN_INSTALL/bin:$p`,
    `set -f`,
    `IFS=:`,
    `for r in bun node; do for d in $p "$HOME/.bun/bin" /usr/local/bin /opt/homebrew/bin "$1/node_modules/.bin"; do if [ -f "$d/$r" ] && [ -x "$d/$r" ]; then "$d/$r" "$1/hooks/${script}" ${run} && exit 0; fi; done; done; fi`,
    // Nobody took the payload, and a client that cannot write all of it reports an error.
    `head -n 1 >/dev/null 2>&1`,
    `exit 0`,
  ].join("; ");
const LAUNCH = launch("emit.js", '"$2" >/dev/null 2>&1');

/** The scripts that clients run, and what each is made from. */
const SCRIPTS = {
  "hooks/emit.js": "hooks/emit.ts",
  "hooks/statusline.js": "hooks/statusline-main.ts",
  "hooks/stop.js": "hooks/stop-main.ts",
};

export async function bundleHook(script: keyof typeof SCRIPTS = "hooks/emit.js"): Promise<string> {
  const source = SCRIPTS[script];
  const built = await Bun.build({
    entrypoints: [join(ROOT, source)],
    target: "node",
    format: "esm",
    minify: { syntax: true, whitespace: false, identifiers: false },
  });
  const [file] = built.outputs;
  if (!built.success || !file) throw new AggregateError(built.logs, `${source} does not build`);
  return `// Made from ${source} by \`bun run build:hook\`.\n${await file.text()}`;
}

export function pluginFiles(): Record<string, string> {
  const events = [...CORE_HOOK_EVENTS, ...OBSERVED_HOOK_EVENTS];
  const hook = (event: string) => ({
    type: "command",
    command: "sh",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the client puts the plugin's folder here
    args: ["-c", LAUNCH, "hall-monitor", "${CLAUDE_PLUGIN_ROOT}", event],
    timeout: TIMEOUT,
  });
  const stop = {
    ...{ type: "command", command: "sh", timeout: TIMEOUT },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the installer puts the place of this installation here
    args: ["-c", launch("stop.js", "2>/dev/null"), "hall-monitor", "${CLAUDE_PLUGIN_ROOT}", "hard-stop"],
  };
  const { version, description, license } = manifest;
  const author = { name: "hall-monitor" };
  return {
    "hooks/hooks.json": toJson({
      description: "Records every hook event; answers none",
      hooks: Object.fromEntries(events.map((event) => [event, [{ hooks: [hook(event)] }]])),
    }),
    "hooks/hard-stop.json": toJson({
      description:
        "Stops tools while a budget is used up; no part of the plugin, only of `install --hard-stop`",
      hooks: { PreToolUse: [{ hooks: [stop] }] },
    }),
    ".claude-plugin/plugin.json": toJson({
      ...{ name: "hall-monitor", version, description, author, license },
      // Not a `.mcp.json`: a client that is opened in this repository would take that for the project's own.
      mcpServers: { "hall-monitor": { command: `${PLUGIN}/bin/hall-monitor`, args: ["mcp"] } },
    }),
    ".claude-plugin/marketplace.json": toJson({
      name: "hall-monitor",
      owner: author,
      description,
      plugins: [{ name: "hall-monitor", source: "./", description }],
    }),
  };
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (import.meta.main) {
  const files: Record<string, string> = {
    ...pluginFiles(),
    "hooks/emit.js": await bundleHook("hooks/emit.js"),
    "hooks/statusline.js": await bundleHook("hooks/statusline.js"),
    "hooks/stop.js": await bundleHook("hooks/stop.js"),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
}
