import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { readRegular } from "../../hooks/regular.ts";
import { recordOf } from "../../schema/record-of.ts";
import { type TelemetryVendor, VENDOR_NAMES, VENDORS, type VendorName } from "../../schema/vendors.ts";
import { ensurePrivateFolder } from "../../store/database.ts";

export type OtelTarget = TelemetryVendor;

export function isOtelTarget(name: VendorName): name is OtelTarget {
  return VENDORS[name].telemetry !== null;
}

export const OTEL_TARGETS = VENDOR_NAMES.filter(isOtelTarget);

const Attempt = z.object({
  /** `migrated` = it exports to us; `deferred` = it did, and the file is restored. */
  state: z.enum(["not_started", "migrated", "deferred", "failed"]),
  last_attempt_unix_ms: z.int().optional(),
  last_error: z.string().optional(),
  last_backup: z.string().optional(),
  endpoint: z.string().optional(),
});
export type Attempt = z.infer<typeof Attempt>;
const State = z.partialRecord(z.enum(OTEL_TARGETS), Attempt);

const NOTHING: Attempt = { state: "not_started" };
const fileOf = (dataDir: string) => join(dataDir, "install-state.json");

/** The last result of `install --otel` for each agent's configuration; an unreadable file counts as none. */
export function loadOtelState(dataDir: string): Record<OtelTarget, Attempt> {
  let found: z.infer<typeof State> = {};
  try {
    found = State.parse(JSON.parse(readRegular(fileOf(dataDir), "own").toString("utf8")));
  } catch {
    // Absent or damaged: it is only informative.
  }
  return recordOf(OTEL_TARGETS, (target) => found[target] ?? NOTHING);
}

export function saveOtelState(dataDir: string, target: OtelTarget, attempt: Attempt): void {
  ensurePrivateFolder(dataDir);
  const path = fileOf(dataDir);
  const next = { ...loadOtelState(dataDir), [target]: attempt };
  writeFileSync(`${path}.tmp`, `${JSON.stringify(next, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
