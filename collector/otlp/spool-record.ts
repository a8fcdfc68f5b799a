import { OTLP_SIGNALS, type TelemetryExport } from "../../schema/telemetry.ts";
import { isVendor } from "../../schema/vendors.ts";
import { isObject } from "./attributes.ts";

const KINDS = new Set(["call", "event", "point", "sign"]);

/** The body of a record `otlp/1`; undefined if it is not one, as from a version with another format. */
export function readTelemetryRecord(value: unknown): TelemetryExport | undefined {
  if (!isObject(value) || !Array.isArray(value.records)) return undefined;
  if (typeof value.agent !== "string" || !isVendor(value.agent)) return undefined;
  if (!OTLP_SIGNALS.some((signal) => signal === value.signal)) return undefined;
  const isWhole = value.records.every(
    (record) =>
      isObject(record) &&
      KINDS.has(String(record.kind)) &&
      typeof record.session_id === "string" &&
      typeof record.time_unix_ms === "number",
  );
  return isWhole ? (value as TelemetryExport) : undefined;
}
