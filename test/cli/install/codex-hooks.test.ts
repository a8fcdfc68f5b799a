import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hooksOfCodex } from "../../../cli/doctor/hooks.ts";
import { codexHooks, installCodexHooks, uninstallCodexHooks } from "../../../cli/install/codex-hooks.ts";
import { loadConfig } from "../../../schema/config.ts";
import { CODEX_HOOK_EVENTS } from "../../../schema/names.ts";
import { fireHook, SILENT, spoolRecords } from "../../hooks/fire.ts";

const OTHERS = '{\n\t"hooks": { "Stop": [{ "hooks": [{ "type": "command", "command": "mine" }] }] }\n}\n';

function home() {
  const path = mkdtempSync(join(tmpdir(), "hall-codex-hooks-"));
  const config = loadConfig({ HOME: path });
  mkdirSync(join(path, ".codex"));
  return {
    path,
    config,
    file: join(path, ".codex/hooks.json"),
    check: () => hooksOfCodex({ config, daemon: undefined, status: undefined, hooks: undefined, now: 0 })[0],
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

test("B-31 the hooks of Codex are added beside others', once, and leave every byte as it was", () => {
  using at = home();
  writeFileSync(at.file, OTHERS);
  expect(installCodexHooks(at.config)).toEqual({ path: at.file, changed: true });
  const first = readFileSync(at.file, "utf8");
  expect(installCodexHooks(at.config).changed).toBe(false);
  const { hooks } = JSON.parse(first) as {
    hooks: Record<string, { hooks: { command: string; timeout?: number }[] }[]>;
  };
  expect(Object.keys(hooks).sort()).toEqual([...CODEX_HOOK_EVENTS].sort());
  expect(hooks.Stop?.[0]?.hooks[0]?.command).toBe("mine");
  for (const groups of Object.values(hooks))
    for (const { command, timeout } of groups.flatMap((g) => g.hooks))
      if (command !== "mine") expect(timeout).toBeLessThanOrEqual(3);
  expect(uninstallCodexHooks(at.config).changed).toBe(true);
  expect(readFileSync(at.file, "utf8")).toBe(OTHERS);
});

test("F027 the command of Codex's hooks is a line for the shell that records as Codex's", async () => {
  using at = home();
  installCodexHooks(at.config);
  const { hooks } = JSON.parse(readFileSync(at.file, "utf8"));
  const command = ["/bin/sh", "-c", hooks.PreToolUse[0].hooks[0].command];
  const payload = `${JSON.stringify({ session_id: "t", hook_event_name: "PreToolUse" })}\n`;
  expect(await fireHook("Stop", payload, { env: { HOME: at.path }, command })).toMatchObject(SILENT);
  expect(spoolRecords(at.config.data_dir)).toMatchObject([{ kind: "codex-hook/1", agent: "codex" }]);
});

test("F027 doctor lists the hooks that Codex skips because they are not trusted", () => {
  using at = home();
  expect(at.check()).toMatchObject({ state: "ok", detail: "not installed; rollouts are still read" });
  installCodexHooks(at.config);
  expect(at.check()).toMatchObject({
    state: "warn",
    detail: "14 of 14 are not trusted, so Codex skips them silently",
  });
  const name = (event: string) => event.replace(/(?<!^)([A-Z])/g, "_$1").toLowerCase();
  const trust = (events: readonly string[]) =>
    writeFileSync(
      at.config.codex_config,
      events.map((e) => `[hooks.state."${at.file}:${name(e)}:0:0"]\ntrusted_hash = "sha256:0"\n`).join("\n"),
    );
  trust(CODEX_HOOK_EVENTS.slice(1));
  expect(codexHooks(at.config)?.untrusted).toEqual(["SessionStart"]);
  trust(CODEX_HOOK_EVENTS);
  expect(at.check()).toMatchObject({ state: "ok", detail: "14 events, trusted" });
});
