import { delimiter, isAbsolute, resolve } from "node:path";
import { type CaptureTexts, toCaptureMode } from "./capture-settings.ts";
import { AppError } from "./errors.ts";
import { codexHome, coworkFolders, VENDOR_FOLDERS } from "./folders.ts";
import { dataDirectory, SPOOL_FOLDER, secondDirectory } from "./names.ts";
import { readSettings, type Settings } from "./settings.ts";
import { readTimeZone, spelled, type TimeZone, toTimeZone } from "./time-zone.ts";
import { forEachVendor, type VendorName } from "./vendors.ts";

type Env = Record<string, string | undefined>;

export type AccessMode = Settings["HALL_ACCESS"];

export type Config = {
  data_dir: string;
  port: number;
  access: AccessMode;
  autostart: boolean;
  time_zone: string;
  /** The value of `TZ`, if it is invalid and `time_zone` is used instead. */
  time_zone_not_understood: string | null;
  /** Undefined = as config.json has it. */
  capture: CaptureTexts | undefined;
  batch_events: number;
  scan_interval_ms: number;
  stall_ms: number;
  /** History is imported with the fast field scanner. */
  fast_import: boolean;
  sse_max: number;
  /** Null = the archive is never compressed. */
  hot_days: number | null;
  /** Null = bodies of events are kept indefinitely. */
  prune_days: number | null;
  /** Where hooks write, and where they write if the first place is not writable. */
  spool_roots: string[];
  /** Folders of each agent; empty if it is not read. */
  roots: Record<VendorName, string[]>;
  /** Below these, Claude Desktop keeps the transcripts of Cowork. */
  cowork_roots: string[];
  /** Codex's `config.toml`, whether it exists or not. */
  codex_config: string;
  limits: LimitSettings;
  otlp: OtlpSettings;
  plans: PlanSettings;
};

export type PlanSettings = {
  /** In addition to the projects of recent sessions. */
  roots: string[];
  /** Relative to a project. */
  active_dir: string;
  complete_dir: string;
  watch: boolean;
};

export type OtlpSettings = {
  /** Port of an additional listener; null = none. */
  port: number | null;
  /** Empty = no token is required. */
  token: string;
  max_rps: number;
  kept: KeptMetrics;
};

/** Metrics of agents only check the last days. */
export type KeptMetrics = { hours: number; rows: number };

/** Active sources of rate limits, as far as variables set them; `config.json` may set more. */
export type LimitSettings = {
  claude_status_path: string | undefined;
  codex_status_path: string | undefined;
  codex_app_server: boolean | undefined;
  cadence_ms: number;
  /** Environment of a program that reports limits. */
  child_env: Record<string, string>;
};

const homeOf = (env: Env) => env.HOME || process.getBuiltinModule("node:os").homedir();

/** Absolute: the daemon changes its working directory, so no path may depend on it. */
export function dataFolder(env: Env = process.env): string {
  const folder = dataDirectory({ ...env, HOME: homeOf(env) });
  if (!folder) throw new AppError("bad_config", "No home directory", { hint: "set HALL_DATA_DIR" });
  return resolve(folder);
}

/** `localtime` is where /etc/localtime points, if the caller knows. */
export function loadConfig(env: Env = process.env, localtime?: string): Config {
  const home = homeOf(env);
  const data_dir = dataFolder(env);
  const set = readSettings(env);
  const { zone, not_understood } = timeZone(set.HALL_TIME_ZONE, env.TZ, localtime);
  return {
    data_dir,
    port: set.HALL_PORT,
    access: set.HALL_ACCESS,
    autostart: set.HALL_AUTOSTART,
    time_zone: zone,
    time_zone_not_understood: not_understood,
    capture: toCaptureMode(set.HALL_CAPTURE),
    batch_events: set.HALL_BATCH_EVENTS,
    scan_interval_ms: set.HALL_SCAN_INTERVAL_MS,
    stall_ms: set.HALL_STALL_MS,
    fast_import: set.HALL_FAST_IMPORT,
    sse_max: set.HALL_SSE_MAX,
    hot_days: set.HALL_HOT_DAYS,
    prune_days: set.HALL_PRUNE_DAYS,
    spool_roots: [data_dir, secondDirectory(env, data_dir, process.getuid?.())]
      .filter((d) => d !== undefined)
      .map((d) => resolve(d, SPOOL_FOLDER)),
    roots: forEachVendor((name) => VENDOR_FOLDERS[name](set, home).map((d) => resolve(d))),
    cowork_roots: coworkFolders(set.CLAUDE_CONFIG_DIR, home, env.XDG_CONFIG_HOME).map((d) => resolve(d)),
    codex_config: resolve(codexHome(set.CODEX_HOME, home), "config.toml"),
    limits: limitSettings(set, childEnv(env, home)),
    otlp: {
      port: set.HALL_OTLP_PORT,
      token: set.HALL_OTLP_TOKEN ?? "",
      max_rps: set.HALL_OTLP_MAX_RPS,
      kept: { hours: set.HALL_OTLP_METRIC_HOURS, rows: set.HALL_OTLP_METRIC_ROWS },
    },
    plans: planSettings(set),
  };
}

function limitSettings(
  set: ReturnType<typeof readSettings>,
  child_env: LimitSettings["child_env"],
): LimitSettings {
  return {
    claude_status_path: set.CLAUDE_STATUS_PATH,
    codex_status_path: set.CODEX_STATUS_PATH,
    codex_app_server: set.HALL_CODEX_APP_SERVER,
    cadence_ms: set.HALL_LIMITS_CADENCE_MS,
    child_env,
  };
}

function planSettings(set: ReturnType<typeof readSettings>): PlanSettings {
  return {
    roots: (set.HALL_PLAN_ROOTS ?? "")
      .split(",")
      .map((path) => path.trim())
      .filter((path) => path !== "")
      .map((path) => resolve(path)),
    active_dir: set.PLANS_ACTIVE_DIR,
    complete_dir: set.PLANS_COMPLETE_DIR,
    watch: set.PLANS_WATCH_MANIFEST,
  };
}

/** API keys are not passed on: a status program has its own login. */
const CHILD_ENV =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TERM|TMPDIR|XDG_.*|CLAUDE_CONFIG_DIR|CODEX_HOME|CODEX_CA_CERTIFICATE|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|(HTTPS?|ALL|NO)_PROXY|TMUX_TMPDIR)$/i;

function childEnv(env: Env, home: string): Record<string, string> {
  // A relative entry would be a different program in every folder.
  const PATH = env.PATH?.split(delimiter).filter(isAbsolute).join(delimiter);
  const child = Object.entries({ ...env, HOME: home, PATH }).filter(([name, v]) => CHILD_ENV.test(name) && v);
  return Object.fromEntries(child) as Record<string, string>;
}

/** UTC is recognized by name; querying the runtime for the zone loads the calendar, which takes 6 ms. */
function timeZone(
  wanted: string | undefined,
  tz: string | undefined,
  localtime: string | undefined,
): TimeZone {
  const zone = wanted && spelled(wanted);
  if (zone) return { zone, not_understood: null };
  return readTimeZone(tz, localtime, () => toTimeZone(Temporal.Now.timeZoneId()));
}

/** NO_COLOR, FORCE_COLOR and TERM as other programs read them; the first that is set decides. */
export function wantsColour(isTerminal: boolean, env: Env = process.env): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return !["0", "false"].includes(env.FORCE_COLOR);
  return isTerminal && env.TERM !== "dumb";
}
