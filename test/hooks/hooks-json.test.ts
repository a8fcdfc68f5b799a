import { expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import {
  CORE_HOOK_EVENTS,
  NEWER_HOOK_EVENTS,
  OBSERVED_HOOK_EVENTS,
  TOOL_HOOK_EVENTS,
} from "../../schema/names.ts";
import {
  buildCarrier,
  CARRIER_RECORD,
  CARRIERS,
  type CarrierFile,
  type CarrierRecord,
  carrierSources,
  compilerVersion,
  sha256,
} from "../../scripts/build-carrier.ts";
import { bundleHook, pluginFiles } from "../../scripts/build-hook.ts";
import { HOOKS, PLUGIN_ROOT, ROOT } from "./fire.ts";

const committed = (path: string) => readFileSync(join(ROOT, path), "utf8");
const hooks = Object.values(HOOKS).flatMap((groups) => groups.flatMap((group) => group.hooks));

test("F016 hooks/emit.js is what hooks/emit.ts builds to (else run `bun run build:hook`)", async () => {
  expect(await bundleHook()).toBe(committed("hooks/emit.js"));
});

test("F016 hooks.json, plugin.json and marketplace.json are what names and version print to", () => {
  for (const [path, text] of Object.entries(pluginFiles())) expect(committed(path)).toBe(text);
});

test("F016 the plugin has the package's version", () => {
  expect(JSON.parse(committed(".claude-plugin/plugin.json"))).toMatchObject({
    name: "hall-monitor",
    version: manifest.version,
  });
});

test("F016 the hook is one script that loads nothing but Node's own modules", () => {
  const imports = [...committed("hooks/emit.js").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(
    (match) => match[1],
  );
  expect([...new Set(imports)].sort()).toEqual(["node:child_process", "node:fs", "node:os", "node:zlib"]);
  expect(committed("hooks/emit.js").length).toBeLessThan(40_000);
});

test("F016 the twelve and every event that an observer may register are registered", () => {
  const all = [...CORE_HOOK_EVENTS, ...OBSERVED_HOOK_EVENTS, ...NEWER_HOOK_EVENTS];
  expect(Object.keys(HOOKS).sort()).toEqual(all.sort());
});

test("F016 a client up to 2.1.250 refuses the file of the newer events and keeps the other one", () => {
  // Seen on 2.1.197: `Failed to load hooks from ./hooks/newer.json`, and the 28 of hooks.json were recorded.
  const file = (path: string) => Object.keys(JSON.parse(committed(path)).hooks);
  expect(file("hooks/hooks.json")).toEqual([...CORE_HOOK_EVENTS, ...OBSERVED_HOOK_EVENTS]);
  expect(file("hooks/newer.json")).toEqual([...NEWER_HOOK_EVENTS]);
  expect(JSON.parse(committed(".claude-plugin/plugin.json")).hooks).toBe("./hooks/newer.json");
});

test("F016.A4 H01 WorktreeCreate, which a hook replaces, is not registered", () => {
  expect(Object.keys(HOOKS)).not.toContain("WorktreeCreate");
});

test("H02 MessageDisplay, which holds up rendering, is not registered", () => {
  expect(Object.keys(HOOKS)).not.toContain("MessageDisplay");
});

test("H03 every timeout is at most 10 seconds", () => {
  expect(hooks).toHaveLength(32);
  for (const hook of hooks) expect(hook.timeout).toBe(5);
});

test("H13 no matcher, so FileChanged watches nothing that was not set up by others", () => {
  // Both 2.1.197 and 2.1.329 add a matcher's names to the watched files and skip a group without one.
  for (const groups of Object.values(HOOKS))
    for (const group of groups) expect(group.matcher).toBeUndefined();
});

test("F016 every hook is one program with its arguments in 60 characters", () => {
  for (const [event, groups] of Object.entries(HOOKS)) {
    const [hook] = groups[0]!.hooks;
    const keys = ["args", "command", "timeout", "type"];
    expect(Object.keys(hook!).sort()).toEqual(
      TOOL_HOOK_EVENTS.includes(event) ? ["args", "async", ...keys.slice(1)] : keys,
    );
    if (hook!.async !== undefined) expect(hook!.async).toBe(true);
    expect(hook!.command).toBe(`${PLUGIN_ROOT}/hooks/hall`);
    expect(hook!.args).toEqual(event === "SessionStart" ? ["claude", "start"] : ["claude"]);
    // Shown after /compact, kept in the transcript and sent to the model, as it is here.
    expect([hook!.command, ...hook!.args].join(" ").length).toBeLessThanOrEqual(60);
  }
});

const record: CarrierRecord = JSON.parse(committed(CARRIER_RECORD));
const files = Object.keys(CARRIERS) as CarrierFile[];

test("F016 the carriers are what their record describes, and it describes the sources (else run `bun run build:hook`)", () => {
  expect(record.sources_sha256).toBe(carrierSources());
  for (const file of files) expect(sha256(readFileSync(join(ROOT, file)))).toBe(record.files[file]);
  for (const file of ["hooks/hall", ...files]) expect(statSync(join(ROOT, file)).mode & 0o111).toBe(0o111);
});

test.each(files)(
  "F016 %s is built from its sources, byte by byte, where its compiler is installed",
  (file) => {
    if (`gcc ${compilerVersion(file)}` !== record.compiler) return;
    expect(sha256(buildCarrier(file))).toBe(record.files[file]);
  },
);

test("F016 a shell that takes a carrier of another processor for a script runs nothing of it", () => {
  for (const file of files) {
    const head = readFileSync(join(ROOT, file)).subarray(0, 15).toString("latin1");
    expect(head).toStartWith("\x7fELF");
    expect(head).toEndWith("\nexit\n");
  }
});
