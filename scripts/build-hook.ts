/** Prints the plugin's generated files: carriers, scripts, and the lists made from names and version. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import {
  CORE_HOOK_EVENTS,
  NEWER_HOOK_EVENTS,
  OBSERVED_HOOK_EVENTS,
  TOOL_HOOK_EVENTS,
} from "../schema/names.ts";
import { buildCarriers, CARRIER_RECORD } from "./build-carrier.ts";
import { rulesHeader } from "./rule-compiler.ts";

const ROOT = join(import.meta.dir, "..");
// biome-ignore lint/suspicious/noTemplateCurlyInString: the client puts the plugin's folder here
const PLUGIN = "${CLAUDE_PLUGIN_ROOT}";
/** Seconds. A SessionEnd hook of a plugin gets 1.5 s of the client anyway. */
const TIMEOUT = 5;
/**
 * After `/compact` a client shows the command with its arguments and sends them to the model, so it is short. It is the
 * program itself: `sh` with arguments would read the payload as a script where a client knows no arguments.
 */
// biome-ignore lint/suspicious/noTemplateCurlyInString: the client, or the installer, puts the plugin's folder here
const COMMAND = "${CLAUDE_PLUGIN_ROOT}/hooks/hall";

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

const NEWER = "hooks/newer.json";
const wordsOf = (event: string) => (event === "SessionStart" ? ["claude", "start"] : ["claude"]);
/**
 * A turn does not wait for the hooks around its tools, which are most of all. The others are waited for: some clients
 * start no hook that they do not wait for when they end.
 */
const haste = (event: string) => (TOOL_HOOK_EVENTS.includes(event) ? { async: true } : {});

export function pluginFiles(): Record<string, string> {
  const hook = (...args: string[]) => ({ type: "command", command: COMMAND, args, timeout: TIMEOUT });
  const hooks = (events: readonly string[]) =>
    Object.fromEntries(
      events.map((event) => [event, [{ hooks: [{ ...hook(...wordsOf(event)), ...haste(event) }] }]]),
    );
  const { version, description, license } = manifest;
  const author = { name: "hall-monitor" };
  return {
    "hooks/hooks.json": toJson({
      description: "Records every hook event; answers none",
      hooks: hooks([...CORE_HOOK_EVENTS, ...OBSERVED_HOOK_EVENTS]),
    }),
    [NEWER]: toJson({
      description:
        "Hook events that came after 2.1.197; a client that does not know them refuses this file alone",
      hooks: hooks(NEWER_HOOK_EVENTS),
    }),
    "hooks/hard-stop.json": toJson({
      description:
        "Stops tools while a budget is used up; no part of the plugin, only of `install --hard-stop`",
      hooks: { PreToolUse: [{ hooks: [hook("stop")] }] },
    }),
    ".claude-plugin/plugin.json": toJson({
      name: "hall-monitor",
      version,
      description,
      author,
      license,
      // Beside hooks/hooks.json, which every client reads by itself.
      hooks: `./${NEWER}`,
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
  writeFileSync(join(ROOT, "hooks/native/rules.h"), rulesHeader());
  const carriers = buildCarriers();
  if (carriers) {
    files[CARRIER_RECORD] = toJson(carriers.record);
    for (const [path, bytes] of Object.entries(carriers.files))
      writeFileSync(join(ROOT, path), bytes, { mode: 0o755 });
  } else console.error("hooks/hall-linux-* are left as they are: gcc and gcc-aarch64-linux-gnu build them");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
}
