import { crc32 } from "node:zlib";
import { appendRecord, openSpool, uuidV7 } from "../../hooks/append.ts";
import { type CaptureSettings, DEFAULT_CAPTURE } from "../../schema/capture-settings.ts";
import type { OtlpSignal, TelemetryExport, TelemetryRecord } from "../../schema/telemetry.ts";
import type { TelemetryVendor } from "../../schema/vendors.ts";
import { redactText } from "../redact/redact.ts";
import type { Normalised } from "./normalise.ts";

/** Records per line of the spool, which stays far below its limit. */
const RECORDS_PER_LINE = 1000;
const WINDOW_MS = 1000;
/** Limit of names of unused records, against attacks on memory. */
const MOST_NAMES = 200;

const OTLP_RESULTS = ["ok", "partial", "unauthorized", "rate", "size", "type", "bad", "spool"] as const;
export type OtlpResult = (typeof OTLP_RESULTS)[number];

export type IntakeCounters = {
  requests: { signal: OtlpSignal; result: OtlpResult; count: number }[];
  records: { agent: TelemetryVendor; kind: string; count: number }[];
  /** Skipped records of other programs. */
  foreign: number;
  names: { name: string; count: number }[];
};

type IntakeOptions = {
  data_dir: string;
  max_rps: number;
  /** Absent = the default. */
  capture?: CaptureSettings;
  now?: () => number;
};

/** Exports are first written to the spool, which survives a restart; nothing is acknowledged before that. */
export function createIntake(options: IntakeOptions) {
  const now = options.now ?? Date.now;
  const capture = options.capture ?? DEFAULT_CAPTURE;
  const requests = new Map<string, IntakeCounters["requests"][number]>();
  const received = createReceived();

  return {
    admit: createRateLimit(options.max_rps, now),
    count: (signal: OtlpSignal, result: OtlpResult): void =>
      addOne(requests, `${signal} ${result}`, { signal, result, count: 1 }),
    /** Throws disk errors; the exporter then keeps the export and retries. */
    store(read: Normalised): void {
      const time = now();
      for (const sent of read.exports) {
        const whole = capture.mode === "full" ? sent : coverExport(sent, capture);
        for (let at = 0; at < whole.records.length; at += RECORDS_PER_LINE)
          append(
            options.data_dir,
            { ...whole, records: whole.records.slice(at, at + RECORDS_PER_LINE) },
            time,
          );
      }
      received.add(read, time);
    },
    lastRecord: received.last,
    counters: (): IntakeCounters => ({ requests: [...requests.values()], ...received.counters() }),
  };
}

/** At most `max_rps` within any second. */
function createRateLimit(max_rps: number, now: () => number): () => boolean {
  const recent: number[] = [];
  let first = 0;
  return () => {
    const time = now();
    while (first < recent.length && recent[first]! <= time - WINDOW_MS) first++;
    if (first > 4096) recent.splice(0, first);
    if (first > 4096) first = 0;
    if (recent.length - first >= max_rps) return false;
    recent.push(time);
    return true;
  };
}

/** Received records since the start of this process, by agent and kind. */
function createReceived() {
  const records = new Map<string, IntakeCounters["records"][number]>();
  const names = new Map<string, number>();
  const lastRecord = new Map<TelemetryVendor, number>();
  let foreign = 0;
  return {
    add(read: Normalised, time: number): void {
      foreign += read.foreign;
      for (const { agent, records: all } of read.exports) {
        lastRecord.set(agent, time);
        for (const record of all) {
          addOne(records, `${agent} ${record.kind}`, { agent, kind: record.kind, count: 1 });
          if (record.kind === "sign" && (names.has(record.name) || names.size < MOST_NAMES))
            names.set(record.name, (names.get(record.name) ?? 0) + 1);
        }
      }
    },
    /** Time of an agent's last record; undefined = none since the start of this process. */
    last: (agent: TelemetryVendor): number | undefined => lastRecord.get(agent),
    counters: (): Omit<IntakeCounters, "requests"> => ({
      records: [...records.values()],
      foreign,
      names: [...names].map(([name, n]) => ({ name, count: n })),
    }),
  };
}

function addOne<Row extends { count: number }>(to: Map<string, Row>, key: string, first: Row): void {
  const known = to.get(key);
  if (known) known.count++;
  else to.set(key, first);
}
export type Intake = ReturnType<typeof createIntake>;

/** Only names and ids are left of an export, but one of them may contain a secret. */
function coverExport(sent: TelemetryExport, capture: CaptureSettings): TelemetryExport {
  const covered = (value: object) =>
    Object.fromEntries(
      Object.entries(value).map(([name, v]) => [name, typeof v === "string" ? redactText(v, capture) : v]),
    );
  const records = sent.records.map((record) => covered(record) as TelemetryRecord);
  return { ...sent, client_version: redactText(sent.client_version, capture), records };
}

function append(dataDir: string, part: TelemetryExport, unix_ms: number): void {
  const body = Buffer.from(JSON.stringify(part));
  appendRecord(openSpool(dataDir), { id: uuidV7(unix_ms), unix_ms }, { kind: "otlp/1", body }, crc32);
}
