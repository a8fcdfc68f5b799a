import { accessSync, constants, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { readRegular } from "../../hooks/regular.ts";
import { agreed, counted } from "../format.ts";
import { codexHooks } from "../install/codex-hooks.ts";
import { placeOf } from "../install/edit.ts";
import { type HookCommand, hookEntries, PLUGIN, settingsPath } from "../install/settings.ts";
import { isObject } from "../install/settings-file.ts";
import { ROOT } from "../root.ts";
import { type Check, fail, ok, type Patient, warn } from "./check.ts";

/** The event that is sent for a test: it opens no turn, calls no tool and bills nothing. */
const EVENT = "Notification";

export function hooks(patient: Patient): Check[] {
  const { hooks: found, config } = patient;
  const path = settingsPath(config);
  if (!found) return [fail("hooks", `${path} cannot be read`, "repair it before you install")];
  const fault = registrationFault(found, path) ?? commandFault(installedHook(patient));
  if (fault) return [fault];
  const { root } = installedHook(patient);
  const where = found.plugin
    ? `installed as a plugin from ${root}`
    : `${counted(found.entries.size, "event")} in ${path}`;
  return [ok("hooks", where)];
}

/** Settings that prevent the client from running the hooks, or make it run them twice. */
function registrationFault(found: NonNullable<Patient["hooks"]>, path: string): Check | undefined {
  if (found.all_disabled)
    return fail("hooks", `disableAllHooks is set in ${path}`, "remove it; until then no hook runs");
  if (found.plugin && found.entries.size > 0)
    return fail(
      "hooks",
      "installed twice, as a plugin and in the settings: every event is recorded twice",
      "`hall-monitor uninstall --settings`",
    );
  if (!found.plugin && found.entries.size === 0)
    return warn("hooks", "not installed", "`hall-monitor install`; transcripts are still read");
  return undefined;
}

/** Faults of the command that the client runs. */
function commandFault({ root, command }: InstalledHook): Check | undefined {
  const again = "`hall-monitor uninstall`, then install again";
  if (!command) return fail("hooks", `the installed hooks do not report ${EVENT}`, again);
  if (command.args?.[0] === "-c")
    return warn(
      "hooks",
      "installed by an older version: slower, and `/compact` shows their text to the model",
      again,
    );
  const hall = join(root, "hooks", "hall");
  if (!existsSync(hall))
    return fail("hooks", `${root}, where the hooks were installed from, does not exist`, again);
  if (!isExecutable(hall))
    return fail(
      "hooks",
      `${hall} is not executable: nothing is recorded by hooks`,
      "`chmod +x` it and the hall-linux-* files beside it; copying or unpacking removed the permission",
    );
  return undefined;
}

/** Codex silently skips a hook that is not trusted. */
export function hooksOfCodex({ config }: Patient): Check[] {
  const name = "codex hooks";
  const found = codexHooks(config);
  if (!found) return [ok(name, "not installed; rollouts are still read")];
  const hall = join(found.root, "hooks/hall");
  if (!isExecutable(hall))
    return [fail(name, `${hall} is gone or not executable`, "`hall-monitor install --codex`")];
  if (found.untrusted.length === 0) return [ok(name, `${counted(found.events.length, "event")}, trusted`)];
  return [
    warn(
      name,
      `${found.untrusted.length} of ${found.events.length} ${agreed(found.untrusted.length, "is", "are")} not trusted, so Codex skips them silently`,
      'start `codex` and trust them under "Hooks need review" (`codex exec` never asks); until then only rollouts are read, and permission requests are not recorded',
    ),
  ];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export type InstalledHook = {
  way: "plugin" | "settings" | "none";
  root: string;
  command: HookCommand | undefined;
};

/** The command that the client would run now; this installation's own if none is installed. */
export function installedHook({ hooks: found, config }: Patient): InstalledHook {
  const inSettings = found?.entries.get(EVENT);
  if (inSettings) return { way: "settings", root: placeOf(inSettings) ?? "", command: inSettings };
  if (found && found.entries.size > 0) return { way: "settings", root: "", command: undefined };
  if (!found?.plugin) return { way: "none", root: ROOT, command: fromFile(ROOT) };
  const root = pluginRoot(dirname(settingsPath(config)));
  return {
    way: "plugin",
    root: root ?? "the plugin's folder",
    command: root === undefined ? undefined : fromFile(root),
  };
}

function fromFile(root: string): HookCommand | undefined {
  const entry = existsSync(join(root, "hooks", "hooks.json")) ? hookEntries(root)[EVENT] : undefined;
  return isObject(entry) && Array.isArray(entry.hooks) ? (entry.hooks[0] as HookCommand) : undefined;
}

/** A marketplace that is a folder is used in place; anything else is a copy, listed with the installed plugins. */
function pluginRoot(claude: string): string | undefined {
  const source = at(
    readJson(join(claude, "settings.json")),
    "extraKnownMarketplaces",
    "hall-monitor",
    "source",
    "path",
  );
  if (typeof source === "string") return source;
  const copies = at(readJson(join(claude, "plugins", "installed_plugins.json")), "plugins", PLUGIN);
  const path = at(Array.isArray(copies) ? copies.at(-1) : copies, "installPath");
  return typeof path === "string" ? path : undefined;
}

function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(
      readRegular(path, "theirs")
        .toString("utf8")
        .replace(/^\ufeff/, ""),
    );
  } catch {
    return undefined;
  }
}
