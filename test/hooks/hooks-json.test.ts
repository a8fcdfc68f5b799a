import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { CORE_HOOK_EVENTS, NEVER_REGISTERED_HOOK_EVENTS, OBSERVED_HOOK_EVENTS } from "../../schema/names.ts";
import { bundleHook, pluginFiles } from "../../scripts/build-hook.ts";
import { HOOKS, PLUGIN_ROOT, ROOT } from "./fire.ts";

const committed = (path: string) => readFileSync(join(ROOT, path), "utf8");
const hooks = Object.values(HOOKS).flatMap((groups) => groups.flatMap((group) => group.hooks));

test("hooks/emit.js is what hooks/emit.ts builds to (else run `bun run build:hook`)", async () => {
  expect(await bundleHook()).toBe(committed("hooks/emit.js"));
});

test("hooks.json, plugin.json and marketplace.json are what names and version print to", () => {
  for (const [path, text] of Object.entries(pluginFiles())) expect(committed(path)).toBe(text);
});

test("the plugin has the package's version", () => {
  expect(JSON.parse(committed(".claude-plugin/plugin.json"))).toMatchObject({
    name: "hall-monitor",
    version: manifest.version,
  });
});

test("the hook is one script that loads nothing but Node's own modules", () => {
  const imports = [...committed("hooks/emit.js").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(
    (match) => match[1],
  );
  expect([...new Set(imports)].sort()).toEqual(["node:child_process", "node:fs", "node:zlib"]);
  expect(committed("hooks/emit.js").length).toBeLessThan(10_000);
});

test("the twelve and every event that an observer may register are registered", () => {
  expect(Object.keys(HOOKS).sort()).toEqual([...CORE_HOOK_EVENTS, ...OBSERVED_HOOK_EVENTS].sort());
});

test("F016.A4 H01 WorktreeCreate, which a hook replaces, is not registered", () => {
  expect(NEVER_REGISTERED_HOOK_EVENTS).toContain("WorktreeCreate");
  expect(Object.keys(HOOKS)).not.toContain("WorktreeCreate");
});

test("H02 MessageDisplay, which holds up rendering, is not registered", () => {
  expect(Object.keys(HOOKS)).not.toContain("MessageDisplay");
});

test("H03 every timeout is at most 10 seconds", () => {
  expect(hooks).toHaveLength(28);
  for (const hook of hooks) expect(hook.timeout).toBe(5);
});

test("H13 no matcher, so FileChanged watches nothing that nobody else asked for", () => {
  // Both 2.1.197 and 2.1.329 add a matcher's names to the watched files and skip a group without one.
  for (const groups of Object.values(HOOKS))
    for (const group of groups) expect(group.matcher).toBeUndefined();
});

test("every hook waits for nothing: exec form, not async, its own event as last argument", () => {
  for (const [event, groups] of Object.entries(HOOKS)) {
    const [hook] = groups[0]!.hooks;
    expect(Object.keys(hook!).sort()).toEqual(["args", "command", "timeout", "type"]);
    expect(hook!.command).toBe("sh");
    expect(hook!.args.slice(2)).toEqual(["hall-monitor", PLUGIN_ROOT, event]);
  }
});
