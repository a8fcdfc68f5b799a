import type { Message } from "./wire.ts";

/** The messages of opentelemetry-proto 1.x by field number, as far as the agents use them. */
const anyValue: Message = {
  1: ["stringValue", "string"],
  2: ["boolValue", "bool"],
  3: ["intValue", "int64"],
  4: ["doubleValue", "double"],
  5: ["arrayValue", () => arrayValue],
  6: ["kvlistValue", () => keyValueList],
  7: ["bytesValue", "bytes"],
};
const arrayValue: Message = { 1: ["values", () => anyValue, "list"] };
const keyValue: Message = { 1: ["key", "string"], 2: ["value", () => anyValue] };
const keyValueList: Message = { 1: ["values", () => keyValue, "list"] };
const resource: Message = { 1: ["attributes", () => keyValue, "list"] };
const scope: Message = { 1: ["name", "string"], 2: ["version", "string"] };

const logRecord: Message = {
  1: ["timeUnixNano", "fixed64"],
  2: ["severityNumber", "uint32"],
  3: ["severityText", "string"],
  5: ["body", () => anyValue],
  6: ["attributes", () => keyValue, "list"],
  11: ["observedTimeUnixNano", "fixed64"],
  12: ["eventName", "string"],
};
const scopeLogs: Message = { 1: ["scope", () => scope], 2: ["logRecords", () => logRecord, "list"] };
const resourceLogs: Message = { 1: ["resource", () => resource], 2: ["scopeLogs", () => scopeLogs, "list"] };

const numberPoint: Message = {
  2: ["startTimeUnixNano", "fixed64"],
  3: ["timeUnixNano", "fixed64"],
  4: ["asDouble", "double"],
  6: ["asInt", "sfixed64"],
  7: ["attributes", () => keyValue, "list"],
};
const sum: Message = {
  1: ["dataPoints", () => numberPoint, "list"],
  2: ["aggregationTemporality", "uint32"],
  3: ["isMonotonic", "bool"],
};
const metric: Message = { 1: ["name", "string"], 3: ["unit", "string"], 7: ["sum", () => sum] };
const scopeMetrics: Message = { 1: ["scope", () => scope], 2: ["metrics", () => metric, "list"] };
const resourceMetrics: Message = {
  1: ["resource", () => resource],
  2: ["scopeMetrics", () => scopeMetrics, "list"],
};

const span: Message = {
  1: ["traceId", "bytes"],
  2: ["spanId", "bytes"],
  5: ["name", "string"],
  7: ["startTimeUnixNano", "fixed64"],
  8: ["endTimeUnixNano", "fixed64"],
  9: ["attributes", () => keyValue, "list"],
};
const scopeSpans: Message = { 1: ["scope", () => scope], 2: ["spans", () => span, "list"] };
const resourceSpans: Message = {
  1: ["resource", () => resource],
  2: ["scopeSpans", () => scopeSpans, "list"],
};

/** Body of `/v1/<signal>`. */
export const EXPORTS = {
  logs: { 1: ["resourceLogs", () => resourceLogs, "list"] },
  metrics: { 1: ["resourceMetrics", () => resourceMetrics, "list"] },
  traces: { 1: ["resourceSpans", () => resourceSpans, "list"] },
} as const satisfies Record<string, Message>;
