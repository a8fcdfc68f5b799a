import { join } from "node:path";
import type { EffectiveSettings } from "../schema/api-health.ts";
import { AppError } from "../schema/errors.ts";
import { inspectSettings, type SettingName } from "../schema/settings.ts";
import { readConfigFile } from "../store/config-file.ts";
import { configFaults } from "./config-file.ts";

/** What config.json may hold in place of a variable that is not set. */
const IN_CONFIG: Partial<Record<SettingName, [part: string, key: string]>> = {
  HALL_CAPTURE: ["capture", "mode"],
  CLAUDE_STATUS_PATH: ["limits", "claude_status_path"],
  CODEX_STATUS_PATH: ["limits", "codex_status_path"],
  HALL_CODEX_APP_SERVER: ["limits", "codex_app_server"],
  HALL_LIMITS_CADENCE_MS: ["limits", "cadence_ms"],
};
const SECRET = /secret|token|password|url$/i;
const MOST_LEAVES = 200;

/** Settings with their values and where each value comes from: a variable, config.json, or the default. */
export function effectiveSettings(data_dir: string): EffectiveSettings {
  const config_path = join(data_dir, "config.json");
  const { settings, errors, unknown } = inspectSettings();
  const faults = [
    ...errors.map(({ error }) => error.message),
    ...unknown.map((name) => `${name} is not a setting`),
  ];
  let config: unknown = {};
  try {
    config = readConfigFile(config_path);
    faults.push(...configFaults(config).map((fault) => `config.json: ${fault}`));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    faults.push(error.message);
  }
  return {
    config_path,
    settings: settings.map(({ name, value, is_set, what }) => {
      const held = is_set ? undefined : valueAt(config, IN_CONFIG[name]);
      return {
        name,
        value: toText(held ?? value),
        origin: is_set ? "environment" : held !== undefined ? "config.json" : "default",
        what,
      };
    }),
    config: leavesOf(config).slice(0, MOST_LEAVES),
    faults,
  };
}

function toText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function valueAt(config: unknown, place: [string, string] | undefined): unknown {
  if (!place || !isObject(config)) return undefined;
  const part = config[place[0]];
  return isObject(part) ? (part[place[1]] ?? undefined) : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function leavesOf(value: unknown, key = ""): EffectiveSettings["config"] {
  const entries = Array.isArray(value)
    ? [...value.entries()]
    : isObject(value)
      ? Object.entries(value)
      : null;
  if (entries && entries.length > 0)
    return entries.flatMap(([name, inner]) => leavesOf(inner, key === "" ? `${name}` : `${key}.${name}`));
  if (key === "") return [];
  return [{ key, value: SECRET.test(key) ? "(hidden)" : JSON.stringify(value) }];
}
