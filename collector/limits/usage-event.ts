/** ccTrack's line: one event per source and capture, with the windows by ccTrack's names. */
import * as z from "zod";
import { isPercent, isWindowMinutes } from "../../schema/gate.ts";
import { fromCctrackWindow, mainLimitId, toCctrackWindow, windowMinutes } from "../../schema/rate-limits.ts";
import { VENDOR_NAMES, type VendorName } from "../../schema/vendors.ts";
import type { RateLimitSample } from "../../store/batch.ts";
import { finite, isAlias, type Json, limitId, moment, object, resetOf, slug } from "./reading.ts";

const Line = z.looseObject({
  source_tool: z.enum(VENDOR_NAMES),
  seq_no: z.int().nonnegative().optional(),
  timestamp: z.union([z.string(), z.number()]),
  hostname: z.string().optional(),
  account: z.string().optional(),
});

export type UsageWindow = {
  used_percent: number;
  window_minutes: number | null;
  resets_at_unix_ms: number | null;
};

export type UsageEvent = {
  source_tool: VendorName;
  /** Absent until the sampler has assigned one. */
  seq_no?: number;
  time_unix_ms: number;
  hostname: string;
  account: string;
  origin: "command" | "app_server";
  windows: (UsageWindow & { window: string; limit_id: string })[];
};

/** Undefined if it is not a usage event; windows without a figure are omitted. */
export function readUsageEvent(value: unknown): UsageEvent | undefined {
  const line = Line.safeParse(value);
  if (!line.success) return undefined;
  const { source_tool, seq_no, timestamp, hostname, account } = line.data;
  const time_unix_ms = moment(timestamp);
  if (time_unix_ms === null) return undefined;
  return {
    source_tool,
    ...(seq_no !== undefined && { seq_no }),
    time_unix_ms,
    hostname: hostname?.slice(0, 100) ?? "",
    account: account !== undefined && isAlias(account) ? account : "default",
    origin: line.data.origin === "app_server" ? "app_server" : "command",
    windows: windowsOf(line.data, source_tool),
  };
}

function windowsOf(line: Json, source: VendorName): UsageEvent["windows"] {
  const holder = [line.windows, line.usage_windows, line.usage].map(object).find(Boolean) ?? line;
  return Object.entries(holder).flatMap(([key, value]) => {
    const vendor = object(value);
    const used_percent = vendor && percentOf(vendor);
    if (!vendor || !isPercent(used_percent)) return [];
    const main = mainLimitId(source) ?? source;
    const name = fromCctrackWindow(source, key.slice(key.lastIndexOf("/") + 1));
    const window = /^[a-z0-9_]{1,40}$/.test(name) ? name : slug(name, "unknown");
    return {
      window,
      limit_id: limitId(vendor.limit_id, main),
      used_percent,
      window_minutes: isWindowMinutes(vendor.window_minutes) ? vendor.window_minutes : windowMinutes(window),
      resets_at_unix_ms: resetOf(vendor.resets_at ?? vendor.reset_at ?? vendor.reset_time),
    };
  });
}

const PERCENT = ["used_percent", "percent_used", "used_percentage", "percent"];
const REMAINING = ["remaining_percent", "percent_remaining", "percent_left"];
const RATIO = ["usage_ratio", "used_ratio", "ratio"];

/** The field's name decides the unit, never the size of its value. */
function percentOf(vendor: Json): number | undefined {
  const first = (names: string[]) => names.map((n) => finite(vendor[n])).find((n) => n !== undefined);
  const percent = first(PERCENT);
  if (percent !== undefined) return percent;
  const remaining = first(REMAINING);
  if (remaining !== undefined) return 100 - remaining;
  const ratio = first(RATIO);
  if (ratio !== undefined) return Math.round(ratio * 1e8) / 1e6;
  const [used, limit] = [finite(vendor.used), finite(vendor.limit)];
  return used === undefined || !limit ? undefined : (used * 100) / limit;
}

export function toUsageLine(event: UsageEvent): string {
  const main = mainLimitId(event.source_tool);
  const windows = event.windows.map((w) => {
    const name = toCctrackWindow(event.source_tool, w.window);
    return [
      w.limit_id === main ? name : `${w.limit_id}/${name}`,
      {
        limit_id: w.limit_id,
        used_percent: w.used_percent,
        usage_ratio: w.used_percent / 100,
        window_minutes: w.window_minutes,
        resets_at: w.resets_at_unix_ms === null ? null : new Date(w.resets_at_unix_ms).toISOString(),
      },
    ];
  });
  return JSON.stringify({
    source_tool: event.source_tool,
    seq_no: event.seq_no,
    timestamp: new Date(event.time_unix_ms).toISOString(),
    hostname: event.hostname,
    account: event.account,
    origin: event.origin,
    windows: Object.fromEntries(windows),
  });
}

/** A numbered event is one capture of one host, wherever its line is read again. */
export function toSamples(event: UsageEvent): RateLimitSample[] {
  const { source_tool: source, origin, account, time_unix_ms } = event;
  const identity = [source, event.hostname, event.seq_no ?? "", time_unix_ms, account].join(":");
  return event.windows.map((w) => ({
    sample_id: `usage:${identity}:${w.limit_id}:${w.window}`,
    source,
    origin,
    account,
    time_unix_ms,
    session_id: "",
    ...w,
  }));
}
