import { VENDOR_NAMES, type VendorName } from "./vendors.ts";

/** The agents, the plans of projects, and `hall`, this program itself. */
export const SOURCES: readonly [VendorName, ...VendorName[], "plan", "hall"] = [
  ...VENDOR_NAMES,
  "plan",
  "hall",
];
export const ORIGINS = [
  "hook",
  "transcript",
  "rollout",
  "statusline",
  "otlp",
  "app_server",
  "command",
  "manifest",
  "monitor",
  "client_cache",
] as const;

export type SourceName = (typeof SOURCES)[number];
export type Origin = (typeof ORIGINS)[number];
