import { CAPTURE_MODES, DEFAULT_CAPTURE, toCaptureMode } from "./capture-settings.ts";
import { AppError } from "./errors.ts";
import { findNearSettings } from "./near-settings.ts";
import { boolean, integer, integerOrOff, type Setting, text, textOr, word } from "./setting.ts";
import { STATUS_PROGRAMS } from "./status-programs.ts";
import { spelled } from "./time-zone.ts";
import { valueAt } from "./value-at.ts";

const TOKEN_CHARS = 16;

/** A folder of a project is relative and does not lead out of it. */
function isWithin(path: string): [string, string] | undefined {
  const parts = path.split("/");
  if (path.length <= 200 && !parts.includes("..") && !parts.includes("") && !parts.includes("."))
    return undefined;
  return [`=${path} is not a folder within a project`, "use one like dev/active"];
}

/** Every variable that the product reads: what it is for, its default, and how it is read. Printed into docs/settings.md. */
export const SETTINGS = {
  HALL_DATA_DIR: text({
    empty: "default",
    fallback: "$XDG_DATA_HOME/hall-monitor, else ~/.local/share/hall-monitor",
    what: "data directory: database, spool and archive",
  }),
  HALL_PORT: integer({
    unset: 3456,
    min: 0,
    max: 65_535,
    what: "port of the viewer on 127.0.0.1 and ::1; 0 picks a free one",
  }),
  HALL_AUTOSTART: boolean({ unset: true, what: "let the SessionStart hook start the daemon" }),
  HALL_TIME_ZONE: text({
    empty: "default",
    fallback: "the system's zone",
    what: "IANA time zone of days and hours",
    check: (zone) =>
      spelled(zone) === undefined
        ? [`=${zone} is not an IANA time zone`, "use a name like Europe/Berlin"]
        : undefined,
  }),
  HALL_BATCH_EVENTS: integer({
    unset: 500,
    min: 1,
    max: 100_000,
    what: "maximum number of events in one live transaction",
  }),
  HALL_SCAN_INTERVAL_MS: integer({
    unset: 3000,
    min: 50,
    max: 600_000,
    what: "interval of the scan of all source folders",
  }),
  HALL_ACCESS: word({
    words: ["owner", "token", "open"],
    what: "who has access to the viewer: `owner` = this user and root, and others with the token of `hall-monitor open --token`; `token` = only with it; `open` = every user of the machine",
  }),
  HALL_STALL_MS: integer({
    unset: 120_000,
    min: 1000,
    max: 86_400_000,
    what: "how long the daemon may hang before it is stopped, and restarted if it runs in the background",
  }),
  HALL_CAPTURE: text({
    empty: "default",
    fallback: DEFAULT_CAPTURE.mode,
    in_config: { path: ["capture", "mode"] },
    what: "what is stored of conversations: `full`, `redacted` = without secrets, `metadata` = no text",
    check: (mode) =>
      toCaptureMode(mode) === undefined
        ? [`=${mode} is not a valid mode`, `one of: ${CAPTURE_MODES.join(", ")}`]
        : undefined,
  }),
  HALL_FAST_IMPORT: boolean({
    unset: true,
    what: "import history with the fast field scanner; false = parse every line in full, as for live lines",
  }),
  HALL_SSE_MAX: integer({ unset: 64, min: 1, max: 10_000, what: "maximum number of open event streams" }),
  HALL_HOT_DAYS: integerOrOff({
    unset: 7,
    min: 0,
    max: 36_500,
    fallback: "7",
    what: "days before the archive of a day is compressed; empty = never",
  }),
  HALL_PRUNE_DAYS: integerOrOff({
    unset: null,
    min: 1,
    max: 36_500,
    fallback: "never",
    what: "age in days at which event bodies are deleted from the database, if a sealed archive day holds them",
  }),
  CLAUDE_CONFIG_DIR: textOr({
    unset: "~/.claude,~/.config/claude",
    what: "Claude Code's folders, comma-separated",
  }),
  CODEX_HOME: textOr({ unset: "~/.codex", empty: "default", what: "Codex's folder" }),
  CODEX_SESSIONS_DIR: text({
    empty: "default",
    fallback: "$CODEX_HOME/sessions",
    what: "folder of Codex's rollouts; overrides CODEX_HOME",
  }),
  ENABLE_CODEX_SOURCE: boolean({ unset: true, what: "read Codex sessions" }),
  CLAUDE_STATUS_PATH: text({
    fallback: `${STATUS_PROGRAMS.claude}, if it is on the PATH`,
    in_config: { path: ["limits", "claude_status_path"] },
    what: "program that prints Claude's limits as JSON; empty = none",
  }),
  CODEX_STATUS_PATH: text({
    fallback: `${STATUS_PROGRAMS.codex}, if it is on the PATH`,
    in_config: { path: ["limits", "codex_status_path"] },
    what: "program that prints Codex's limits as JSON; empty = none",
  }),
  HALL_CODEX_APP_SERVER: boolean({
    unset: undefined,
    in_config: { path: ["limits", "codex_app_server"] },
    what: "poll `codex app-server` for the limits of its account; it may renew an expired login",
  }),
  HALL_LIMITS_CADENCE_MS: integer({
    unset: 300_000,
    in_config: { path: ["limits", "cadence_ms"], wins: true },
    min: 1000,
    max: 86_400_000,
    what: "how often these programs are polled",
  }),
  HALL_OTLP_PORT: integerOrOff({
    unset: null,
    min: 0,
    max: 65_535,
    fallback: "none",
    what: "an additional port for OpenTelemetry, such as 4318; HALL_PORT always accepts it",
  }),
  HALL_OTLP_TOKEN: text({
    fallback: "none",
    is_secret: true,
    what: "token that exporters must send as `Authorization: Bearer …`; unset = any program on this machine may export",
    check: (token) =>
      token.length < TOKEN_CHARS
        ? [` is shorter than ${TOKEN_CHARS} characters`, "make one with `openssl rand -hex 32`"]
        : undefined,
  }),
  HALL_OTLP_MAX_RPS: integer({
    unset: 200,
    min: 1,
    max: 1_000_000,
    what: "maximum OpenTelemetry exports per second; more are answered with 429",
  }),
  HALL_OTLP_METRIC_HOURS: integer({
    unset: 72,
    min: 1,
    max: 876_000,
    what: "age in hours at which OpenTelemetry metrics are deleted; they only check totals, and calls are kept",
  }),
  HALL_OTLP_METRIC_ROWS: integer({
    unset: 10_000,
    min: 1,
    max: 10_000_000,
    what: "maximum number of OpenTelemetry metrics kept; the oldest are deleted first",
  }),
  HALL_PLAN_ROOTS: text({
    fallback: "none",
    what: "additional folders to search for plans, comma-separated; projects of recent sessions are always searched",
  }),
  PLANS_ACTIVE_DIR: textOr({
    unset: "dev/active",
    empty: "default",
    what: "folder of active plans within a project",
    check: isWithin,
  }),
  PLANS_COMPLETE_DIR: textOr({
    unset: "dev/complete",
    empty: "default",
    what: "folder of completed plans within a project",
    check: isWithin,
  }),
  PLANS_WATCH_MANIFEST: boolean({
    unset: true,
    what: "read a plan as soon as one of its files changes; false = only at the scan",
  }),
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;
const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
export type Settings = { [Name in SettingName]: ReturnType<(typeof SETTINGS)[Name]["read"]> };

export function readSettings(env: Record<string, string | undefined>): Settings {
  const read = SETTING_NAMES.map((name) => [name, SETTINGS[name].read(env[name], name)]);
  return Object.fromEntries(read) as Settings;
}

/** Null = off. */
export type SettingValue = string | number | boolean | null;
export const SETTING_ORIGINS = ["environment", "config.json", "default"] as const;

export type InspectedSetting = {
  name: SettingName;
  value: SettingValue;
  origin: (typeof SETTING_ORIGINS)[number];
  what: string;
};

/**
 * Every setting with the value in effect, parsed on its own, so that one bad value does not hide the next. Secrets are
 * hidden. `config` is the content of config.json.
 */
export function inspectSettings(config: unknown, env: Record<string, string | undefined> = process.env) {
  const errors: { name: SettingName; error: AppError }[] = [];
  const settings = SETTING_NAMES.map((name): InspectedSetting => {
    const setting: Setting<SettingValue | undefined> = SETTINGS[name];
    const { fallback, is_secret, what } = setting;
    const text = env[name];
    const isSet = text !== undefined && !(text === "" && setting.empty === "default");
    let value: SettingValue = "(invalid)";
    try {
      const read = setting.read(text, name);
      value = read === "" || read === null ? null : (read ?? (isSet ? null : fallback));
      if (text && is_secret) value = "(hidden)";
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      errors.push({ name, error });
    }
    const held = plainAt(config, setting.in_config?.path);
    if (held !== undefined && (!isSet || setting.in_config?.wins))
      return { name, value: held === "" ? null : held, origin: "config.json", what };
    return { name, value, origin: isSet ? "environment" : "default", what };
  });
  return { settings, errors, near: findNearSettings(Object.keys(env), SETTING_NAMES) };
}

function plainAt(config: unknown, path: readonly string[] = []): SettingValue | undefined {
  const value = path.length === 0 ? undefined : valueAt(config, path);
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isPlain ? value : undefined;
}
