import { dirname, join } from "node:path";
import { readRegular } from "../../hooks/regular.ts";
import type { CaptureSettings } from "../../schema/capture-settings.ts";
import { timeGate } from "../../schema/gate.ts";
import type { RejectReason } from "../../schema/row-values.ts";
import { cutText, parseJson } from "../../schema/text.ts";
import { UNNAMED_AGENT } from "../../schema/vendors.ts";
import type { FileBatch } from "../../store/batch.ts";
import { parseHook } from "../hooks/hook-event.ts";
import { parseRecord, type SpoolRecord } from "../hooks/spool-record.ts";
import { type ReadSamples, readSampleRecord, readStatuslineRecord } from "../limits/spool-record.ts";
import { readTelemetryRecord } from "../otlp/spool-record.ts";
import { createProtection, type Protect } from "../redact/payload.ts";
import type { LineParser, Source } from "./source.ts";

/** Records of the hook processes: one per line with a checksum, each an event or a counted reject. */
export function createSpool(capture: CaptureSettings): Source {
  const protect = createProtection(capture);
  return {
    name: "spool",
    accepts: (relativePath) => /^\d{12}\.log$/.test(relativePath),
    open: (path, _state, into) => createSpoolParser(path, into, protect),
  };
}

function createSpoolParser(path: string, into: FileBatch, protect: Protect): LineParser {
  const gate = timeGate(into.cursor.mtime_unix_ms);
  return {
    state: () => "",
    line(bytes, start, end, offset) {
      const parsed = parseRecord(bytes, start, end);
      const reject = (reason: RejectReason, detail: string) =>
        into.rejects.push({
          source: parsed.ok ? parsed.agent : UNNAMED_AGENT,
          path,
          offset,
          length_bytes: end - start,
          reason,
          detail: detail.slice(0, 200),
        });
      if (!parsed.ok) return void reject(parsed.reason, parsed.detail);
      const record = { ...parsed, time_unix_ms: gate.pass(parsed.time_unix_ms) ?? gate.file_unix_ms };
      const payload = payloadOf(record, path, protect);
      if (!payload.ok) return void reject(payload.reason, payload.detail);
      if (record.kind === "otlp/1") {
        const read = readTelemetryRecord(payload.value);
        if (!read) return void reject("unknown_shape", "not a telemetry record");
        into.telemetry ??= [];
        into.telemetry.push(read);
        return;
      }
      const read = samplesOf(record, payload.value);
      if (read?.ok) {
        into.samples.push(...read.samples);
        if (read.credits) into.credits = [...(into.credits ?? []), ...read.credits];
        into.sessions.push(...(read.sessions ?? []));
        if (read.odd.length > 0) reject("implausible", `${read.odd.join(", ")} cannot be a percentage`);
        return;
      }
      if (read) return void reject("unknown_shape", read.detail);
      const hook = parseHook(payload.value, record);
      if (!hook.ok) return void reject(hook.reason, hook.detail);
      into.events.push(hook.event);
      into.sessions.push(...hook.observations.sessions);
      into.tool_calls.push(...hook.observations.tool_calls);
      into.agents.push(...hook.observations.agents);
      into.turns.push(...hook.observations.turns);
      into.requests.push(...hook.observations.requests.map((request) => ({ ...request, offset })));
    },
  };
}

type Payload = { ok: true; value: unknown } | { ok: false; reason: RejectReason; detail: string };

function payloadOf(record: SpoolRecord, path: string, protect: Protect): Payload {
  if (record.form === "text") return parse(protect(textWithin(record.body)));
  if (record.form === "file") {
    const name = record.body.toString("utf8");
    if (!/^[\w-]+\.json$/.test(name)) return { ok: false, reason: "missing_body", detail: "not a file name" };
    try {
      return parse(protect(readRegular(join(dirname(path), "big", name), "own").toString("utf8")));
    } catch {
      return { ok: false, reason: "missing_body", detail: name };
    }
  }
  return parse(protect(record.body.toString("utf8")));
}

/** Undefined for a hook's record. */
function samplesOf(record: SpoolRecord, value: unknown): ReadSamples | undefined {
  if (record.kind === "limits/1") return readSampleRecord(value);
  return record.kind === "statusline/1" ? readStatuslineRecord(value, record.time_unix_ms) : undefined;
}

/** A payload with line breaks is one JSON string in its record. */
function textWithin(body: Buffer): string {
  const string = body.toString("utf8");
  const text = parse(string);
  return text.ok && typeof text.value === "string" ? text.value : string;
}

function parse(body: string): Payload {
  try {
    return { ok: true, value: parseJson(body) };
  } catch {
    return { ok: false, reason: "invalid_json", detail: cutText(body, 80) };
  }
}
