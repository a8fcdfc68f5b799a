import type { OtlpSignal, TelemetryExport, TelemetryPoint, TelemetryRecord } from "../../schema/telemetry.ts";
import { type TelemetryVendor, VENDOR_NAMES, VENDORS } from "../../schema/vendors.ts";
import { attributesOf, field, isObject, listOf, toNumber, toUnixMs } from "./attributes.ts";
import { type ReadRecord, readLog, sessionOf } from "./logs.ts";
import type { Decoded } from "./wire.ts";

/** Path of the lists of each signal in its export. */
const PATHS = {
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
  traces: ["resourceSpans", "scopeSpans", "spans"],
} as const satisfies Record<OtlpSignal, readonly [string, string, string]>;

/** The used records of an export; unusable ones are counted, with the first reason. */
export type Normalised = { exports: TelemetryExport[]; rejected: number; reason: string; foreign: number };

/** Undefined if the body is not an export of this signal. */
export function normalise(signal: OtlpSignal, body: Decoded): Normalised | undefined {
  const [resources, scopes, records] = PATHS[signal];
  const list = field(body, resources) ?? (Object.keys(body).length === 0 ? [] : undefined);
  if (!Array.isArray(list)) return undefined;
  const into: Normalised = { exports: [], rejected: 0, reason: "", foreign: 0 };
  for (const resource of list) {
    const all = isObject(resource)
      ? listOf(resource, scopes).flatMap((scope) => (isObject(scope) ? listOf(scope, records) : [scope]))
      : [resource];
    take(into, signal, resource, all);
  }
  return into;
}

function take(into: Normalised, signal: OtlpSignal, resource: unknown, all: unknown[]): void {
  const described = isObject(resource) ? field(resource, "resource") : undefined;
  const a = attributesOf(isObject(described) ? field(described, "attributes") : undefined);
  const agent = agentOf(a.text("service.name"));
  if (agent === undefined) {
    into.foreign += all.length;
    return;
  }
  const part: TelemetryExport = { agent, signal, client_version: a.text("service.version"), records: [] };
  for (const value of all)
    for (const read of readers[signal](value, agent))
      if (read.ok) part.records.push(read.record);
      else {
        into.rejected++;
        into.reason ||= read.reason;
      }
  if (part.records.length > 0) into.exports.push(part);
}

/** For a service with several names, by its starter. */
function agentOf(service: string): TelemetryVendor | undefined {
  return VENDOR_NAMES.find((name) => VENDORS[name].telemetry?.service.test(service));
}

const readers: Record<OtlpSignal, (value: unknown, agent: TelemetryVendor) => ReadRecord[]> = {
  logs: (value, agent) => [readLog(value, agent)],
  metrics: readMetric,
  traces: (value) => [readSpan(value)],
};

const CHECKED = new Map<string, string>(
  VENDOR_NAMES.flatMap((name) => {
    const { prefix = "", checked_metrics = {} } = VENDORS[name].telemetry ?? {};
    return Object.entries<string>(checked_metrics).map(
      ([metric, type]) => [`${prefix}.${metric}`, type] as const,
    );
  }),
);
const TEMPORALITY = { 1: "delta", 2: "cumulative" } as const;

/** Only two metrics are stored, as a check of the totals; any other one shows that the agent is alive. */
function readMetric(value: unknown): ReadRecord[] {
  if (!isObject(value)) return [{ ok: false, reason: "a metric is not an object" }];
  const name = typeof value.name === "string" ? value.name : "";
  const sum = field(value, "sum");
  const type = CHECKED.get(name);
  if (type === undefined) {
    const time_unix_ms = isObject(sum) ? (pointTime(listOf(sum, "dataPoints")[0]) ?? 0) : 0;
    const known = /^[\w.-]{1,100}$/.test(name) ? name : "unnamed";
    return [{ ok: true, record: { kind: "sign", name: known, session_id: "", time_unix_ms } }];
  }
  if (!isObject(sum)) return [{ ok: false, reason: `${name} is not a sum` }];
  const raw = toNumber(field(sum, "aggregationTemporality"));
  const temporality = raw === 1 || raw === 2 ? TEMPORALITY[raw] : undefined;
  if (!temporality) return [{ ok: false, reason: `${name} has no temporality` }];
  return listOf(sum, "dataPoints").map((point) => readPoint(point, name, type, temporality));
}

function pointTime(point: unknown): number | undefined {
  return isObject(point) ? toUnixMs(field(point, "timeUnixNano")) : undefined;
}

function readPoint(
  point: unknown,
  name: string,
  type: string,
  temporality: TelemetryPoint["temporality"],
): ReadRecord {
  if (!isObject(point)) return { ok: false, reason: `${name}: a data point is not an object` };
  const a = attributesOf(field(point, "attributes"));
  const value = toNumber(field(point, "asDouble") ?? field(point, "asInt"));
  const time_unix_ms = pointTime(point);
  if (value === undefined || !Number.isFinite(value) || value < 0)
    return { ok: false, reason: `${name}: a value is not an amount` };
  if (time_unix_ms === undefined) return { ok: false, reason: `${name}: a data point has no time` };
  const record: TelemetryRecord = {
    kind: "point",
    session_id: sessionOf(a),
    model: a.text("model").replace(/\[1m\]$/, ""),
    type: type || a.text("type"),
    query_source: a.text("query_source"),
    temporality,
    start_unix_ms: toUnixMs(field(point, "startTimeUnixNano")) ?? 0,
    time_unix_ms,
    value,
  };
  return { ok: true, record };
}

/** A span is not stored: it shows that the agent is alive, and of which session. */
function readSpan(value: unknown): ReadRecord {
  if (!isObject(value)) return { ok: false, reason: "a span is not an object" };
  const a = attributesOf(field(value, "attributes"));
  const given = typeof value.name === "string" ? value.name : "";
  const name = /^[\w.:-]{1,100}$/.test(given) ? given : "unnamed";
  const time_unix_ms = toUnixMs(field(value, "endTimeUnixNano")) ?? 0;
  return { ok: true, record: { kind: "sign", name, session_id: sessionOf(a), time_unix_ms } };
}
