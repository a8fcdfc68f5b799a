import type { Origin } from "./event-names.ts";

/** What the rest of the program knows about an agent; how its files are read is in its folder of `collector/sources`. */
export type Vendor = {
  /** As its maker writes it. */
  label: string;
  /** Where there is little room: a filter, a badge, a label of a limit. */
  short_label: string;
  /** Where a row comes from that one of its files has shown. */
  file_origin: Extract<Origin, "transcript" | "rollout">;
  /** The limit of the whole account among those that it reports. */
  main_limit_id: string;
  /** Rank in documents that hold one slot only: the lowest that has one is shown. */
  slot_rank: number;
  /** Whether the id of a tool call is unique beyond its session. */
  has_global_tool_ids: boolean;
  /** A fork may bill before its file names a model; it runs on the last one of its parent until then. */
  names_models_late: boolean;
  /** A copied response in another session's file is the only mark of a fork. */
  forks_by_copy: boolean;
  /** A hook runs for every tool call and every end of a turn, so a missing one is a gap. */
  hooks_every_call: boolean;
  /** A call, its turn and its outcome are as the file has them, whatever a hook reported first. */
  file_outranks_hooks: boolean;
  /** Cached tokens come in blocks of this size and writes are not reported; null where writes are. */
  cache_block_tokens: number | null;
  /** The client deletes its own old files. */
  deletes_files: boolean;
  /** The plain metric names that dashboards of a single agent's monitor read: `<name>_monitor_up` and the like. */
  has_monitor_metrics: boolean;
};

/** Every agent that is read, in the order of lists. A row here makes the compiler ask for the rest: docs/new-source.md. */
export const VENDORS = {
  claude: {
    label: "Claude Code",
    short_label: "Claude",
    file_origin: "transcript",
    main_limit_id: "claude",
    slot_rank: 2,
    has_global_tool_ids: true,
    names_models_late: false,
    forks_by_copy: true,
    hooks_every_call: true,
    file_outranks_hooks: false,
    cache_block_tokens: null,
    deletes_files: true,
    has_monitor_metrics: false,
  },
  codex: {
    label: "Codex",
    short_label: "Codex",
    file_origin: "rollout",
    main_limit_id: "codex",
    slot_rank: 1,
    has_global_tool_ids: false,
    names_models_late: true,
    forks_by_copy: false,
    hooks_every_call: false,
    file_outranks_hooks: true,
    cache_block_tokens: 128,
    deletes_files: false,
    has_monitor_metrics: true,
  },
} as const satisfies Record<string, Vendor>;

export type VendorName = keyof typeof VENDORS;
type Flag = { [K in keyof Vendor]: Vendor[K] extends boolean ? K : never }[keyof Vendor];

export const VENDOR_NAMES = Object.keys(VENDORS) as [VendorName, ...VendorName[]];
/** In the order of `slot_rank`. */
export const SLOT_ORDER = VENDOR_NAMES.toSorted((a, b) => VENDORS[a].slot_rank - VENDORS[b].slot_rank);

/** Undefined for what no agent reported: plans and the program itself. */
export function vendorNamed(source: string): Vendor | undefined {
  return Object.hasOwn(VENDORS, source) ? VENDORS[source as VendorName] : undefined;
}

export function isVendor(source: string): source is VendorName {
  return Object.hasOwn(VENDORS, source);
}

export function vendorsWith(flag: Flag): VendorName[] {
  return VENDOR_NAMES.filter((name) => VENDORS[name][flag]);
}

export function fileOrigin(source: string): Vendor["file_origin"] {
  return vendorNamed(source)?.file_origin ?? "transcript";
}

/** A list for `in (…)`: the names are words of this file and hold no quote. */
export function sqlNames(names: readonly VendorName[]): string {
  return names.map((name) => `'${name}'`).join(", ");
}

type Monitored = { [K in VendorName]: (typeof VENDORS)[K]["has_monitor_metrics"] extends true ? K : never };
/** The agents with plain metric names of their own. */
export type MonitoredName = Monitored[VendorName];

export function isMonitored(name: VendorName): name is MonitoredName {
  return VENDORS[name].has_monitor_metrics;
}
