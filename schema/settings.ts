import { CAPTURE_MODES, toCaptureMode } from "./capture-settings.ts";
import { AppError } from "./errors.ts";
import { dataDirectory } from "./names.ts";
import { boolean, integer, integerOrOff, type Setting, text, word } from "./setting.ts";
import { spelled } from "./time-zone.ts";

const TOKEN_CHARS = 16;

/** A folder of a project leads neither out of it nor to a place of its own. */
function isWithin(path: string): [string, string] | undefined {
  const parts = path.split("/");
  if (path.length <= 200 && !parts.includes("..") && !parts.includes("") && !parts.includes("."))
    return undefined;
  return [`=${path} is not a folder within a project`, "use one like dev/active"];
}

/** Every variable that the product reads: what it is for, its default, and how it is read. Printed into docs/settings.md. */
export const SETTINGS = {
  HALL_DATA_DIR: text({
    fallback: "$XDG_DATA_HOME/hall-monitor, else ~/.local/share/hall-monitor",
    what: "folder of the database, the spool and the archive",
  }),
  HALL_PORT: integer({
    unset: 3456,
    min: 0,
    max: 65_535,
    what: "port of the viewer on 127.0.0.1 and ::1; 0 picks a free one",
  }),
  HALL_AUTOSTART: boolean({ unset: true, what: "whether the SessionStart hook starts the daemon" }),
  HALL_TIME_ZONE: text({
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
    what: "how often every source folder is compared with what was read",
  }),
  HALL_ACCESS: word({
    words: ["owner", "token", "open"],
    what: "who has access to the viewer: `owner` = this user and root, and others with the token of `hall-monitor open --token`; `token` = only with it; `open` = every user of the machine",
  }),
  HALL_STALL_MS: integer({
    unset: 120_000,
    min: 1000,
    max: 86_400_000,
    what: "how long the daemon may hang before it is stopped; in the background it is then restarted",
  }),
  HALL_CAPTURE: text({
    fallback: "capture.mode of config.json, else redacted",
    what: "what is kept of conversations: `full`, `redacted` = all but secrets, `metadata` = no words",
    check: (mode) =>
      toCaptureMode(mode) === undefined
        ? [`=${mode} is not known`, `one of: ${CAPTURE_MODES.join(", ")}`]
        : undefined,
  }),
  HALL_FAST_IMPORT: boolean({
    unset: true,
    what: "whether the lines of history are searched for the wanted fields; false = decoded whole, as live lines are",
  }),
  HALL_SSE_MAX: integer({ unset: 64, min: 1, max: 10_000, what: "maximum number of open event streams" }),
  HALL_HOT_DAYS: integerOrOff({
    unset: 7,
    min: 0,
    max: 36_500,
    fallback: "7",
    what: "days of the archive that stay uncompressed; empty = no day is ever compressed",
  }),
  HALL_PRUNE_DAYS: integerOrOff({
    unset: null,
    min: 1,
    max: 36_500,
    fallback: "never",
    what: "age in days at which the bodies of events are deleted, once a sealed day of the archive holds them",
  }),
  CLAUDE_CONFIG_DIR: text({
    fallback: "~/.claude,~/.config/claude",
    what: "Claude Code's folders, comma-separated",
  }),
  CODEX_HOME: text({ fallback: "~/.codex", what: "Codex's folder" }),
  CODEX_SESSIONS_DIR: text({
    fallback: "$CODEX_HOME/sessions",
    what: "Codex's rollouts, before CODEX_HOME",
  }),
  ENABLE_CODEX_SOURCE: boolean({ unset: true, what: "whether Codex is read at all" }),
  CLAUDE_STATUS_PATH: text({
    fallback: "cctrack-claude-status, if it is on the PATH",
    what: "program that prints Claude's limits as JSON; empty = none",
  }),
  CODEX_STATUS_PATH: text({
    fallback: "cctrack-codex-status, if it is on the PATH",
    what: "program that prints Codex's limits as JSON; empty = none",
  }),
  HALL_CODEX_APP_SERVER: boolean({
    unset: undefined,
    what: "whether `codex app-server` is polled for the limits of its account; it may renew an expired login",
  }),
  HALL_LIMITS_CADENCE_MS: integer({
    unset: 300_000,
    min: 1000,
    max: 86_400_000,
    what: "how often those programs are polled",
  }),
  HALL_OTLP_PORT: integerOrOff({
    unset: null,
    min: 0,
    max: 65_535,
    fallback: "none",
    what: "a second port for OpenTelemetry, such as 4318; HALL_PORT takes it as well",
  }),
  HALL_OTLP_TOKEN: text({
    fallback: "none",
    is_secret: true,
    what: "what exporters must send as `Authorization: Bearer …`; without it any program of this machine may export",
    check: (token) =>
      token.length < TOKEN_CHARS
        ? [` is shorter than ${TOKEN_CHARS} characters`, "make one with `openssl rand -hex 32`"]
        : undefined,
  }),
  HALL_OTLP_MAX_RPS: integer({
    unset: 200,
    min: 1,
    max: 1_000_000,
    what: "maximum OpenTelemetry exports per second; further ones are answered with 429",
  }),
  HALL_OTLP_METRIC_HOURS: integer({
    unset: 72,
    min: 1,
    max: 876_000,
    what: "age in hours at which OpenTelemetry metrics are deleted; they only check the totals, calls are kept",
  }),
  HALL_OTLP_METRIC_ROWS: integer({
    unset: 10_000,
    min: 1,
    max: 10_000_000,
    what: "maximum number of OpenTelemetry metrics kept; the oldest are deleted first",
  }),
  HALL_PLAN_ROOTS: text({
    fallback: "none",
    what: "further folders in which plans are looked for, comma-separated; the projects of recent sessions always are",
  }),
  PLANS_ACTIVE_DIR: text({
    fallback: "dev/active",
    what: "folder of a project that holds its active plans",
    check: isWithin,
  }),
  PLANS_COMPLETE_DIR: text({
    fallback: "dev/complete",
    what: "folder of a project that holds its completed plans",
    check: isWithin,
  }),
  PLANS_WATCH_MANIFEST: boolean({
    unset: true,
    what: "whether a plan is read as soon as one of its files changes; false = only when the folders are compared",
  }),
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
export type Settings = { [Name in SettingName]: ReturnType<(typeof SETTINGS)[Name]["read"]> };

export function readSettings(env: Record<string, string | undefined>): Settings {
  const read = SETTING_NAMES.map((name) => [name, SETTINGS[name].read(env[name], name)]);
  return Object.fromEntries(read) as Settings;
}

export type InspectedSetting = { name: SettingName; value: unknown; is_set: boolean; what: string };

/** Every variable read by itself, so that one bad value does not hide the next. Secrets are hidden. */
export function inspectSettings(env: Record<string, string | undefined> = process.env) {
  const errors: { name: SettingName; error: AppError }[] = [];
  const settings = SETTING_NAMES.map((name): InspectedSetting => {
    const setting: Setting<unknown> = SETTINGS[name];
    const text = env[name];
    const is_set = text !== undefined;
    let value: unknown = null;
    try {
      value = setting.read(text, name) ?? (is_set ? null : setting.fallback);
      if (text && setting.is_secret) value = "(hidden)";
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      errors.push({ name, error });
    }
    return { name, value, is_set, what: setting.what };
  });
  const known: readonly string[] = SETTING_NAMES;
  const unknown = Object.keys(env).filter((name) => name.startsWith("HALL_") && !known.includes(name));
  return { settings, errors, unknown, data_dir: dataDirectory(env) };
}
