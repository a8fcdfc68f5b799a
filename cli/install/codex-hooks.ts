import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { readRegular } from "../../hooks/regular.ts";
import type { Config } from "../../schema/config.ts";
import { CODEX_HOOK_EVENTS } from "../../schema/names.ts";
import { ROOT } from "../root.ts";
import { addHooks, placeOf } from "./edit.ts";
import { type Change, putIn, takeOut } from "./settings.ts";

/** Seconds. Codex reduces longer timeouts for SessionEnd and Interrupt, with a warning. */
const TIMEOUT = 3;

export function codexHooksPath(config: Config): string {
  return join(dirname(config.codex_config), "hooks.json");
}

const place = (config: Config) => ({ path: codexHooksPath(config), way: "codex" as const });

export function installCodexHooks(config: Config, dry_run = false): Change {
  // The command is a line for the shell.
  const hall = `'${join(ROOT, "hooks/hall").replaceAll("'", `'\\''`)}' codex`;
  const entry = (event: string) => ({
    hooks: [
      { type: "command", command: event === "SessionStart" ? `${hall} start` : hall, timeout: TIMEOUT },
    ],
  });
  const entries = Object.fromEntries(CODEX_HOOK_EVENTS.map((event) => [event, entry(event)]));
  return putIn(config, { ...place(config), dry_run }, (base) => addHooks(base, entries));
}

export function uninstallCodexHooks(config: Config): Change {
  return takeOut(config, place(config));
}

/**
 * `root` is the installation of our entries; `untrusted` are the events with a hook that Codex skips until a person
 * trusts it.
 */
export type CodexHooks = { root: string; events: string[]; untrusted: string[] };

/** Undefined if hooks.json has no entry of ours. */
export function codexHooks(config: Config): CodexHooks | undefined {
  const path = codexHooksPath(config);
  if (!existsSync(path)) return undefined;
  const found = ours(
    JSON.parse(
      readRegular(path, "theirs")
        .toString("utf8")
        .replace(/^\ufeff/, ""),
    ),
  );
  const root = found[0]?.root;
  if (root === undefined) return undefined;
  const trusted = trustedKeys(config.codex_config);
  // Codex identifies a hook by the file, the event in snake case and its indexes.
  const files = [path, realpathSync(path)];
  const untrusted = found.filter(({ event, at }) => {
    const name = event.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    return !files.some((file) => trusted.has(`${file}:${name}:${at}`));
  });
  return { root, events: found.map(({ event }) => event), untrusted: untrusted.map(({ event }) => event) };
}

type Entry = { hooks?: unknown[] };

function ours(file: { hooks?: Record<string, Entry[]> }): { event: string; at: string; root: string }[] {
  return Object.entries(file.hooks ?? {}).flatMap(([event, groups]) =>
    groups.flatMap((group, g) =>
      (group.hooks ?? []).flatMap((hook, h) => {
        const root = placeOf(hook);
        return root === undefined ? [] : [{ event, at: `${g}:${h}`, root }];
      }),
    ),
  );
}

function trustedKeys(path: string): Set<string> {
  if (!existsSync(path)) return new Set();
  const { hooks } = Bun.TOML.parse(readRegular(path, "theirs").toString("utf8")) as {
    hooks?: { state?: Record<string, { trusted_hash?: unknown }> };
  };
  const states = Object.entries(hooks?.state ?? {});
  return new Set(states.filter(([, state]) => typeof state.trusted_hash === "string").map(([key]) => key));
}
