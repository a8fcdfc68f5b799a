import type { Origin } from "./event-names.ts";
import { recordOf } from "./record-of.ts";

/** Colours of agents on the page; one for each, so that no two are alike. */
export const TINTS = ["accent", "blue", "green", "red", "gray"] as const;

type Telemetry = {
  /** Name of its service. */
  service: RegExp;
  /** Prefix of the names of its records, with a dot. */
  prefix: string;
  /** The log record of a billed call; null if there is none. */
  call_log: string | null;
  /** Metrics that check the totals, with the type of their points; empty = the point names it. */
  checked_metrics: Readonly<Record<string, string>>;
};

/** Everything that other rooms know about an agent; parsing its files is in its folder of `collector/sources`. */
export type Vendor = {
  /** As its vendor writes it. */
  label: string;
  /** For narrow places: a filter, a badge, a label of a limit. */
  short_label: string;
  /** Origin of rows from its files. */
  file_origin: Extract<Origin, "transcript" | "rollout">;
  /** Its OpenTelemetry exports; null if it has none. */
  telemetry: Telemetry | null;
  /** The variable that names its folder. */
  home_variable: string;
  /** How its hooks are installed; null if it has none. */
  hooks_command: string | null;
  /** The command that resumes a session, before the session's id. */
  resume_command: string;
  /** Starts it with a prompt, such as a command of the plugin; null if it does not have the plugin's commands. */
  prompt_command: string | null;
  /** The colour of its rows on the page. */
  tint: (typeof TINTS)[number];
  /** The limit of the whole account among those that it reports. */
  main_limit_id: string;
  /** Windows of its main limit that the page shows, with the short name of each. */
  dials: readonly { dial: string; window: string; title: string }[];
  /** ccTrack's names for the windows of its limits. */
  cctrack_windows: Record<string, string>;
  /** Rank in documents that hold one slot only: the lowest that has one is shown. */
  slot_rank: number;
  /** Whether the id of a tool call is unique beyond its session. */
  has_global_tool_ids: boolean;
  /** A fork may bill before its file names a model; until then it uses the last one of its parent. */
  names_models_late: boolean;
  /** A copied response in another session's file is the only mark of a fork. */
  forks_by_copy: boolean;
  /** A hook runs for every tool call and every end of a turn, so a missing one is a gap. */
  hooks_every_call: boolean;
  /** The file overrides hooks for a call, its turn and its outcome. */
  file_outranks_hooks: boolean;
  /** Block size of cached tokens if cache writes are not reported; null if they are. */
  cache_block_tokens: number | null;
  /** The client maintains a list of its running processes. */
  has_registry: boolean;
  /** The client shows a status line and runs a command for it. */
  has_statusline: boolean;
  /** The client can be kept running as a server that reports limits. */
  has_app_server: boolean;
  /** Its files contain the client's own totals. */
  keeps_totals: boolean;
  /** A hook of ours can deny a tool call. */
  hooks_can_deny: boolean;
  /** Its files name the start and the end of every turn; else both follow from prompts and responses. */
  names_turns: boolean;
  /** A compaction restarts its session. */
  restarts_after_compaction: boolean;
  /** How old an event of its files may be to be stored if nothing else needs it; false: only what is needed. */
  keeps_old_events: boolean;
  /** How to keep the old files of a client that deletes them, with names in backquotes; null if it does not. */
  keeps_files_by: string | null;
  /** The plain metric names that dashboards of a single agent's monitor read: `<name>_monitor_up` and the like. */
  has_monitor_metrics: boolean;
};

/** Every agent that is read, in the order of lists. A row here makes the compiler ask for the rest: docs/new-source.md. */
export const VENDORS = {
  claude: {
    label: "Claude Code",
    short_label: "Claude",
    file_origin: "transcript",
    telemetry: {
      service: /^claude[-_]code/i,
      prefix: "claude_code",
      call_log: "api_request",
      checked_metrics: { "token.usage": "", "cost.usage": "cost" },
    },
    home_variable: "CLAUDE_CONFIG_DIR",
    hooks_command: "hall-monitor install",
    resume_command: "claude --resume",
    prompt_command: "claude",
    tint: "accent",
    main_limit_id: "claude",
    dials: [
      { dial: "S", window: "5h", title: "Claude session" },
      { dial: "W", window: "weekly", title: "Claude week" },
      { dial: "O", window: "weekly_opus", title: "Claude week, Opus" },
    ],
    cctrack_windows: { "5h": "session", weekly: "weekly_all" },
    slot_rank: 2,
    has_global_tool_ids: true,
    names_models_late: false,
    forks_by_copy: true,
    hooks_every_call: true,
    file_outranks_hooks: false,
    cache_block_tokens: null,
    has_registry: true,
    has_statusline: true,
    has_app_server: false,
    keeps_totals: true,
    hooks_can_deny: true,
    names_turns: false,
    restarts_after_compaction: false,
    keeps_old_events: true,
    keeps_files_by: "raise `cleanupPeriodDays` in Claude Code's settings.json",
    has_monitor_metrics: false,
  },
  codex: {
    label: "Codex",
    short_label: "Codex",
    file_origin: "rollout",
    telemetry: { service: /^codex/i, prefix: "codex", call_log: null, checked_metrics: {} },
    home_variable: "CODEX_HOME",
    hooks_command: "hall-monitor install --codex",
    resume_command: "codex resume",
    prompt_command: null,
    tint: "blue",
    main_limit_id: "codex",
    dials: [
      { dial: "C5", window: "5h", title: "Codex 5 hours" },
      { dial: "CW", window: "weekly", title: "Codex week" },
    ],
    cctrack_windows: { "5h": "5h_limit", weekly: "weekly_limit", monthly: "monthly_limit" },
    slot_rank: 1,
    has_global_tool_ids: false,
    names_models_late: true,
    forks_by_copy: false,
    hooks_every_call: false,
    file_outranks_hooks: true,
    cache_block_tokens: 128,
    has_registry: false,
    has_statusline: false,
    has_app_server: true,
    keeps_totals: false,
    hooks_can_deny: false,
    names_turns: true,
    restarts_after_compaction: true,
    keeps_old_events: false,
    keeps_files_by: null,
    has_monitor_metrics: true,
  },
} as const satisfies Record<string, Vendor>;

export type VendorName = keyof typeof VENDORS;
type Flag = { [K in keyof Vendor]: Vendor[K] extends boolean ? K : never }[keyof Vendor];

/** The agents with hooks of ours. */
export type HookedVendor = {
  [K in VendorName]: (typeof VENDORS)[K]["hooks_command"] extends string ? K : never;
}[VendorName];
/** The agents that export OpenTelemetry; exports of other programs are counted and not stored. */
export type TelemetryVendor = {
  [K in VendorName]: (typeof VENDORS)[K]["telemetry"] extends null ? never : K;
}[VendorName];

export const VENDOR_NAMES = Object.keys(VENDORS) as [VendorName, ...VendorName[]];
/** A spool record that cannot be parsed names no agent; its reject is counted for this one. */
export const UNNAMED_AGENT = VENDOR_NAMES[0];
/** In the order of `slot_rank`. */
export const SLOT_ORDER = VENDOR_NAMES.toSorted((a, b) => VENDORS[a].slot_rank - VENDORS[b].slot_rank);

/** Undefined for sources that are not agents: plans and this program. */
export function vendorNamed(source: string): Vendor | undefined {
  return Object.hasOwn(VENDORS, source) ? VENDORS[source as VendorName] : undefined;
}

export function isVendor(source: string): source is VendorName {
  return Object.hasOwn(VENDORS, source);
}

export function vendorsWith(flag: Flag): VendorName[] {
  return VENDOR_NAMES.filter((name) => VENDORS[name][flag]);
}

/** The agents that delete their own old files. */
export const DELETING_NAMES = VENDOR_NAMES.filter((name) => VENDORS[name].keeps_files_by !== null);
/** At most one, for the text of a warning. */
export const DELETING: Vendor | undefined = DELETING_NAMES.map((name): Vendor => VENDORS[name])[0];

/** A class of the page: of an agent its colour, else the source itself. */
export function tintOf(source: string): string {
  return vendorNamed(source)?.tint ?? source;
}

export function fileOrigin(source: string): Vendor["file_origin"] {
  return vendorNamed(source)?.file_origin ?? "transcript";
}

/** A value for each agent. */
export function forEachVendor<T>(of: (name: VendorName) => T): Record<VendorName, T> {
  return recordOf(VENDOR_NAMES, of);
}

/** As an option takes it. */
export const VENDOR_CHOICE = VENDOR_NAMES.join("|");

/** Forms of a session key in texts. */
export const SESSION_KEY_FORMS = VENDOR_NAMES.map((name) => `\`${name}:<id>\``).join(", ");

/** A list for `in (…)`: the names are constants of this file and hold no quote. */
export function sqlNames(names: readonly VendorName[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}

type Monitored = { [K in VendorName]: (typeof VENDORS)[K]["has_monitor_metrics"] extends true ? K : never };
/** The agents with plain metric names of their own. */
export type MonitoredName = Monitored[VendorName];

export function isMonitored(name: VendorName): name is MonitoredName {
  return VENDORS[name].has_monitor_metrics;
}
