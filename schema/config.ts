import { delimiter, isAbsolute, resolve } from "node:path";
import { AppError } from "./errors.ts";
import { claudeFolders, codexFolders, codexHome, coworkFolders } from "./folders.ts";
import { dataDirectory, SPOOL_FOLDER, secondDirectory } from "./names.ts";
import { readTimeZone, spelled, type TimeZone, toTimeZone } from "./time-zone.ts";

type Env = Record<string, string | undefined>;

/** Every variable the product reads, printed into docs/settings.md. */
export const SETTINGS = [
  {
    name: "HALL_DATA_DIR",
    fallback: "$XDG_DATA_HOME/hall-monitor, else ~/.local/share/hall-monitor",
    what: "where the database, spool and archive live",
  },
  {
    name: "HALL_PORT",
    fallback: "3456",
    what: "port of the viewer on 127.0.0.1 and ::1; 0 picks a free one",
  },
  { name: "HALL_AUTOSTART", fallback: "true", what: "whether the SessionStart hook starts the daemon" },
  {
    name: "HALL_TIME_ZONE",
    fallback: "the system's zone",
    what: "IANA zone in which days and hours are cut",
  },
  { name: "HALL_BATCH_EVENTS", fallback: "500", what: "most events in one live transaction" },
  {
    name: "HALL_SCAN_INTERVAL_MS",
    fallback: "3000",
    what: "how often every source folder is compared with what was read",
  },
  {
    name: "HALL_ACCESS",
    fallback: "owner",
    what: "who may ask the viewer: `owner` = this user and root, and others with the token of `hall-monitor open --token`; `token` = only with it; `open` = every user of the machine",
  },
  { name: "HALL_SSE_MAX", fallback: "64", what: "most event streams at once" },
  {
    name: "HALL_HOT_DAYS",
    fallback: "7",
    what: "days of the archive that stay plain; older ones are compressed; empty = none is",
  },
  {
    name: "HALL_PRUNE_DAYS",
    fallback: "never",
    what: "age in days at which the bodies of events go, once a sealed day of the archive holds them",
  },
  {
    name: "CLAUDE_CONFIG_DIR",
    fallback: "~/.claude,~/.config/claude",
    what: "Claude Code's folders, comma-separated",
  },
  { name: "CODEX_HOME", fallback: "~/.codex", what: "Codex's folder" },
  {
    name: "CODEX_SESSIONS_DIR",
    fallback: "$CODEX_HOME/sessions",
    what: "Codex's rollouts, before CODEX_HOME",
  },
  { name: "ENABLE_CODEX_SOURCE", fallback: "true", what: "whether Codex is read at all" },
  {
    name: "CLAUDE_STATUS_PATH",
    fallback: "cctrack-claude-status, if it is on the PATH",
    what: "program that prints Claude's limits as JSON; empty = none",
  },
  {
    name: "CODEX_STATUS_PATH",
    fallback: "cctrack-codex-status, if it is on the PATH",
    what: "program that prints Codex's limits as JSON; empty = none",
  },
  {
    name: "HALL_CODEX_APP_SERVER",
    fallback: "false",
    what: "whether `codex app-server` is asked for the limits of its account; it may renew an expired login",
  },
  {
    name: "HALL_LIMITS_CADENCE_MS",
    fallback: "300000",
    what: "how often those programs are asked",
  },
  {
    name: "HALL_OTLP_PORT",
    fallback: "none",
    what: "a second port for OpenTelemetry, such as 4318; HALL_PORT takes it as well",
  },
  {
    name: "HALL_OTLP_TOKEN",
    fallback: "none",
    what: "what exporters must send as `Authorization: Bearer …`; without it any program of this machine may export",
  },
  {
    name: "HALL_OTLP_MAX_RPS",
    fallback: "200",
    what: "most OpenTelemetry exports a second; more get 429",
  },
] as const;

const ACCESS_MODES = ["owner", "token", "open"] as const;
export type AccessMode = (typeof ACCESS_MODES)[number];

export type Config = {
  data_dir: string;
  port: number;
  access: AccessMode;
  autostart: boolean;
  time_zone: string;
  /** What `TZ` says, if it could not be understood and `time_zone` is a way out. */
  time_zone_not_understood: string | null;
  batch_events: number;
  scan_interval_ms: number;
  sse_max: number;
  /** Null = the archive is never compressed. */
  hot_days: number | null;
  /** Null = bodies of events stay for ever. */
  prune_days: number | null;
  /** Where hooks write, and where they write when the first place takes nothing. */
  spool_roots: string[];
  claude_roots: string[];
  /** Below these, Claude Desktop keeps the transcripts of Cowork. */
  cowork_roots: string[];
  codex_roots: string[];
  /** Codex's `config.toml`, whether it is there or not. */
  codex_config: string;
  limits: LimitSettings;
  otlp: OtlpSettings;
};

export type OtlpSettings = {
  /** Of a listener beside the viewer's; null = none. */
  port: number | null;
  /** Empty = none is asked for. */
  token: string;
  max_rps: number;
};

/** Active sources of rate limits, as far as variables tell; `config.json` may tell more. */
export type LimitSettings = {
  claude_status_path: string | undefined;
  codex_status_path: string | undefined;
  codex_app_server: boolean | undefined;
  cadence_ms: number;
  /** What a program that is asked for limits gets to see of the environment. */
  child_env: Record<string, string>;
};

/**
 * Unset = default, empty = off, a bad value is an error that names the variable. `localtime` is where
 * /etc/localtime points, if the caller knows.
 */
export function loadConfig(env: Env = process.env, localtime?: string): Config {
  const home = env.HOME || process.getBuiltinModule("node:os").homedir();
  const folder = dataDirectory({ ...env, HOME: home });
  if (!folder) throw new AppError("bad_config", "No home directory", { hint: "set HALL_DATA_DIR" });
  // The daemon leaves the folder that it is started in: from here on no path depends on it.
  const data_dir = resolve(folder);
  const { zone, not_understood } = timeZone(env, localtime);
  const isCodexOn = boolean(env, "ENABLE_CODEX_SOURCE", true);
  return {
    data_dir,
    port: integer(env, "HALL_PORT", 3456, 0, 65535),
    access: word(env, "HALL_ACCESS", ACCESS_MODES),
    autostart: boolean(env, "HALL_AUTOSTART", true),
    time_zone: zone,
    time_zone_not_understood: not_understood,
    batch_events: integer(env, "HALL_BATCH_EVENTS", 500, 1, 100_000),
    scan_interval_ms: integer(env, "HALL_SCAN_INTERVAL_MS", 3000, 50, 600_000),
    sse_max: integer(env, "HALL_SSE_MAX", 64, 1, 10_000),
    hot_days: env.HALL_HOT_DAYS === "" ? null : integer(env, "HALL_HOT_DAYS", 7, 0, 36_500),
    prune_days: env.HALL_PRUNE_DAYS ? integer(env, "HALL_PRUNE_DAYS", 0, 1, 36_500) : null,
    spool_roots: [data_dir, secondDirectory(env, data_dir, process.getuid?.())]
      .filter((d) => d !== undefined)
      .map((d) => resolve(d, SPOOL_FOLDER)),
    claude_roots: claudeFolders(env.CLAUDE_CONFIG_DIR, home).map((d) => resolve(d)),
    cowork_roots: coworkFolders(env.CLAUDE_CONFIG_DIR, home, env.XDG_CONFIG_HOME).map((d) => resolve(d)),
    codex_roots: isCodexOn
      ? codexFolders(env.CODEX_SESSIONS_DIR, env.CODEX_HOME, home).map((d) => resolve(d))
      : [],
    codex_config: resolve(codexHome(env.CODEX_HOME, home), "config.toml"),
    limits: limitSettings(env, home),
    otlp: {
      port: env.HALL_OTLP_PORT ? integer(env, "HALL_OTLP_PORT", 4318, 0, 65535) : null,
      token: otlpToken(env),
      max_rps: integer(env, "HALL_OTLP_MAX_RPS", 200, 1, 1_000_000),
    },
  };
}

/** Keys of APIs stay here: a status program brings its own login. */
const CHILD_ENV =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TERM|TMPDIR|XDG_.*|CLAUDE_CONFIG_DIR|CODEX_HOME|CODEX_CA_CERTIFICATE|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS|(HTTPS?|ALL|NO)_PROXY|TMUX_TMPDIR)$/i;

function limitSettings(env: Env, home: string): LimitSettings {
  // A relative entry would be another program in every folder.
  const PATH = env.PATH?.split(delimiter).filter(isAbsolute).join(delimiter);
  const child = Object.entries({ ...env, HOME: home, PATH }).filter(([name, v]) => CHILD_ENV.test(name) && v);
  return {
    claude_status_path: env.CLAUDE_STATUS_PATH,
    codex_status_path: env.CODEX_STATUS_PATH,
    codex_app_server:
      env.HALL_CODEX_APP_SERVER === undefined ? undefined : boolean(env, "HALL_CODEX_APP_SERVER", false),
    cadence_ms: integer(env, "HALL_LIMITS_CADENCE_MS", 300_000, 1000, 86_400_000),
    child_env: Object.fromEntries(child) as Record<string, string>,
  };
}

const TOKEN_CHARS = 16;

function otlpToken({ HALL_OTLP_TOKEN: token = "" }: Env): string {
  if (token === "" || token.length >= TOKEN_CHARS) return token;
  throw new AppError("bad_config", `HALL_OTLP_TOKEN is shorter than ${TOKEN_CHARS} characters`, {
    hint: "make one with `openssl rand -hex 32`",
  });
}

function integer(env: Env, name: string, fallback: number, min: number, max: number): number {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max)
    throw new AppError("bad_config", `${name}=${text} is not a whole number from ${min} to ${max}`, {
      hint: `unset ${name} for the default of ${fallback}`,
    });
  return value;
}

/** The first word is the default. */
function word<const T extends string>(env: Env, name: string, words: readonly [T, ...T[]]): T {
  const text = env[name];
  const found = text ? words.find((w) => w === text.toLowerCase()) : words[0];
  if (found !== undefined) return found;
  throw new AppError("bad_config", `${name}=${text} is not one of ${words.join(", ")}`, {
    hint: `unset ${name} for the default of ${words[0]}`,
  });
}

function boolean(env: Env, name: string, fallback: boolean): boolean {
  const text = env[name];
  if (text === undefined) return fallback;
  if (["", "false", "0", "no", "off"].includes(text.toLowerCase())) return false;
  if (["true", "1", "yes", "on"].includes(text.toLowerCase())) return true;
  throw new AppError("bad_config", `${name}=${text} is neither true nor false`, {
    hint: `unset ${name} for the default`,
  });
}

/** A machine in UTC says so in a name; asking the runtime for its zone loads the calendar, which takes 6 ms. */
function timeZone(env: Env, localtime: string | undefined): TimeZone {
  const wanted = env.HALL_TIME_ZONE;
  if (!wanted) return readTimeZone(env.TZ, localtime, () => toTimeZone(Temporal.Now.timeZoneId()));
  const zone = spelled(wanted);
  if (zone === undefined)
    throw new AppError("bad_config", `HALL_TIME_ZONE=${wanted} is not an IANA time zone`, {
      hint: "use a name like Europe/Berlin",
    });
  return { zone, not_understood: null };
}
