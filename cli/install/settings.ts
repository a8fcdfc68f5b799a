import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Config } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { ROOT } from "../root.ts";
import { addHooks, type HookEntries, isHardStop, isOurs, removeHooks } from "./edit.ts";
import { type Installation, installations, sha256 } from "./record.ts";
import {
  addedLines,
  isEmpty,
  isObject,
  readSettings,
  replaceSettings,
  type SettingsFile,
  settingsText,
} from "./settings-file.ts";

export const PLUGIN = "hall-monitor@hall-monitor";
// biome-ignore lint/suspicious/noTemplateCurlyInString: the client's own placeholder
const PLUGIN_ROOT = "${CLAUDE_PLUGIN_ROOT}";

/** `added` are the lines that would be added. */
export type Change = { path: string; changed: boolean; added?: string[] };

/** `settings.json` in the first of Claude Code's folders. */
export function settingsPath(config: Config): string {
  const projects = config.roots.claude[0];
  if (projects === undefined)
    throw new AppError("bad_config", "CLAUDE_CONFIG_DIR is empty, which turns Claude Code off", {
      hint: "unset CLAUDE_CONFIG_DIR",
    });
  return join(dirname(projects), "settings.json");
}

/**
 * The plugin's own hooks, with the path of this installation, as the client would insert it. Settings, unlike a
 * plugin's files, may name events that the client does not know.
 */
export function hookEntries(root: string = ROOT, lists = ["hooks.json", "newer.json"]): HookEntries {
  const read = (list: string) =>
    JSON.parse(readFileSync(join(root, "hooks", list), "utf8")) as { hooks: Record<string, unknown[]> };
  const there = lists.filter((list) => existsSync(join(root, "hooks", list)));
  const hooks: Record<string, unknown[]> = Object.assign({}, ...there.map((list) => read(list).hooks));
  const placed = JSON.stringify(
    Object.fromEntries(Object.entries(hooks).map(([event, list]) => [event, list[0]])),
  );
  return JSON.parse(placed.replaceAll(PLUGIN_ROOT, JSON.stringify(root).slice(1, -1)));
}

export type Installed = {
  /** The settings that enable the plugin, or false. */
  plugin: boolean;
  /** Our entries in the settings, by event. */
  entries: Map<string, HookCommand>;
  /** The only hook that may print output: `install --hard-stop`. */
  hard_stop: boolean;
  all_disabled: boolean;
};
/** Without `args` the command is a shell command line. */
export type HookCommand = { command: string; args?: string[] };

/** The installed hooks according to the settings; an unreadable file is an error. */
export function installed(path: string): Installed {
  const text = settingsText(readSettings(path));
  const settings: unknown = isEmpty(text) ? {} : JSON.parse(text.replace(/^\ufeff/, ""));
  const entries = new Map<string, HookCommand>();
  let hard_stop = false;
  if (!isObject(settings)) return { plugin: false, entries, hard_stop, all_disabled: false };
  const enabled = settings.enabledPlugins;
  for (const [event, list] of Object.entries(isObject(settings.hooks) ? settings.hooks : {}))
    for (const entry of list as unknown[]) {
      const hooks = isObject(entry) && Array.isArray(entry.hooks) ? (entry.hooks as unknown[]) : [];
      hard_stop ||= hooks.some(isHardStop);
      const ours = hooks.find((h) => isOurs(h) && !isHardStop(h));
      if (ours) entries.set(event, ours as HookCommand);
    }
  return {
    plugin: isObject(enabled) && enabled[PLUGIN] === true,
    entries,
    hard_stop,
    all_disabled: settings.disableAllHooks === true,
  };
}

/** The file without our entries: restored from the record, or else with our entries removed. */
function without(file: SettingsFile, record: Installation | undefined): Buffer | null {
  if (record && record.installed_sha256 === sha256(file.bytes)) return record.original;
  const text = settingsText(file);
  if (isEmpty(text)) return file.bytes;
  const cut = removeHooks(text, before(record));
  return cut === text ? file.bytes : Buffer.from(cut);
}

function before(record: Installation | undefined): { hooks: boolean; events: Set<string> } {
  const text = record?.original?.toString("utf8").replace(/^\ufeff/, "") ?? "";
  const settings: unknown = isEmpty(text) ? {} : JSON.parse(text);
  const hooks = isObject(settings) ? settings.hooks : undefined;
  return { hooks: hooks !== undefined, events: new Set(isObject(hooks) ? Object.keys(hooks) : []) };
}

/** Which of the recorder's hooks and the hard stop are installed afterwards. */
export type Wish = { hooks: boolean; hard_stop: boolean };

/** Idempotent. */
export function installSettings(config: Config, wish: Wish, dry_run = false): Change {
  return putIn(config, { path: settingsPath(config), way: "settings", dry_run }, (base) => {
    const recording = wish.hooks ? addHooks(base, hookEntries()) : base;
    return wish.hard_stop ? addHooks(recording, hookEntries(ROOT, ["hard-stop.json"])) : recording;
  });
}

type Place = { path: string; way: Installation["way"]; dry_run?: boolean };

/** Writes the result of `add` for the file without our entries, and records the original. */
export function putIn(config: Config, { path, way, dry_run }: Place, add: (base: string) => string): Change {
  const file = readSettings(path);
  settingsText(file);
  const records = installations(config.data_dir);
  const original = without(file, records.load(file.path, way));
  const text = settingsText({ ...file, bytes: original });
  const base = isEmpty(text) ? `${text.startsWith("\ufeff") ? "\ufeff" : ""}{}\n` : text;
  const wanted = Buffer.from(add(base));
  const isSame = file.bytes?.equals(wanted) ?? false;
  if (dry_run) return { path: file.path, changed: !isSame, added: addedLines(file.bytes, wanted) };
  // Before the change: the original must be safe before the file is changed.
  records.save({ path: file.path, way, original, installed_sha256: sha256(wanted) });
  if (!isSame) replaceSettings(file, wanted);
  return { path: file.path, changed: !isSame };
}

export function uninstallSettings(config: Config): Change {
  return takeOut(config, { path: settingsPath(config), way: "settings" });
}

export function takeOut(config: Config, { path, way }: Place): Change {
  const file = readSettings(path);
  const records = installations(config.data_dir);
  const wanted = without(file, records.load(file.path, way));
  const changed = sha256(wanted) !== sha256(file.bytes) || (wanted === null) !== (file.bytes === null);
  if (changed) replaceSettings(file, wanted);
  records.forget(file.path, way);
  return { path: file.path, changed };
}
