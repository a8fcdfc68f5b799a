import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EffectiveSettings, SettingFault } from "../schema/api-health.ts";
import { type Config, dataFolder, loadConfig } from "../schema/config.ts";
import { AppError } from "../schema/errors.ts";
import type { NearSetting } from "../schema/near-settings.ts";
import { SECRET_KEY } from "../schema/plain-issue.ts";
import { inspectSettings, type SettingName } from "../schema/settings.ts";
import { inspectConfigFile } from "../store/config-faults.ts";
import { ConfigFile } from "./config-file.ts";

const MOST_LEAVES = 200;

const FOLDERS: ReadonlySet<string> = new Set<SettingName>([
  "HALL_DATA_DIR",
  "CLAUDE_CONFIG_DIR",
  "CODEX_HOME",
  "CODEX_SESSIONS_DIR",
  "HALL_PLAN_ROOTS",
]);
const FIXED = /^["']?(?:[/~]|\$HOME|\$\{HOME\})/;

/** Defaults that depend on the machine or on another setting. */
const RESOLVED: Partial<Record<SettingName, (config: Config) => string | undefined>> = {
  HALL_DATA_DIR: (config) => config.data_dir,
  HALL_TIME_ZONE: (config) => config.time_zone,
  CODEX_SESSIONS_DIR: (config) => config.roots.codex[0],
};

/**
 * Settings with the values in effect, their origins, and their faults: for `hall-monitor config` and the page. Never
 * throws on a bad value.
 */
export function effectiveSettings(env?: Record<string, string | undefined>): EffectiveSettings {
  const config_path = join(dataFolder(env), "config.json");
  const file = readFile(config_path);
  const { settings, errors, near } = inspectSettings(file.value, env);
  const config = errors.length === 0 ? loadConfig(env) : undefined;
  return {
    config_path,
    config_exists: existsSync(config_path),
    settings: settings.map((setting) => {
      const value = config && setting.value !== null ? RESOLVED[setting.name]?.(config) : undefined;
      return value === undefined ? setting : { ...setting, value };
    }),
    config: leavesOf(file.value).slice(0, MOST_LEAVES),
    faults: [...errors.map(({ name, error }) => toFault(name, error)), ...file.faults],
    warnings: [...settings.flatMap(relativeFolder), ...near.map(toWarning)],
  };
}

function readFile(path: string): { value: unknown; faults: SettingFault[] } {
  try {
    return inspectConfigFile(path, ConfigFile);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { value: {}, faults: [toFault(path, error)] };
  }
}

function toFault(where: string, { message, hint }: AppError): SettingFault {
  return { where, detail: message, hint: hint ?? null };
}

/** Accepted, but a different folder wherever the program is started. */
function relativeFolder({ name, value, origin }: EffectiveSettings["settings"][number]): SettingFault[] {
  if (origin !== "environment" || !FOLDERS.has(name) || typeof value !== "string") return [];
  const relative = value.split(",").find((path) => path.trim() !== "" && !FIXED.test(path.trim()));
  if (relative === undefined) return [];
  const detail = `${name}=${value}: ${relative.trim()} is relative to the folder that hall-monitor is started in`;
  return [{ where: name, detail, hint: "write an absolute path" }];
}

/** It may also belong to another program. */
function toWarning({ name, meant }: NearSetting): SettingFault {
  return {
    where: name,
    detail: `${name} is not a setting`,
    hint: meant === undefined ? null : `did you mean ${meant}?`,
  };
}

function leavesOf(value: unknown, key = ""): EffectiveSettings["config"] {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length > 0)
    return entries.flatMap(([name, inner]) => leavesOf(inner, key === "" ? name : `${key}.${name}`));
  if (key === "") return [];
  return [{ key, value: SECRET_KEY.test(key) ? "(hidden)" : JSON.stringify(value) }];
}
