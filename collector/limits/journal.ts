/**
 * Output of the sampler: a line in the day's file (UTC), a record in the spool for the collector, and its state, in
 * this order. The next start completes what a crash interrupted; sample ids deduplicate repeats.
 */

import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  readdirSync,
  readSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { appendOnce, appendRecord, ensurePrivate, loadCrc32, openSpool, uuidV7 } from "../../hooks/append.ts";
import { openRegular, readRegular } from "../../hooks/regular.ts";
import type { CreditReading } from "../../schema/rate-limits.ts";
import { recordOf } from "../../schema/record-of.ts";
import { VENDOR_NAMES, type VendorName } from "../../schema/vendors.ts";
import type { RateLimitSample } from "../../store/batch.ts";
import { readUsageEvent, toSamples, toUsageLine, type UsageEvent } from "./usage-event.ts";

export const USAGE_FOLDER = "usage";
const STATE_FILE = "sampler-state.json";
const DAY_FILE = /^usage-\d{8}\.jsonl$/;
const NEWLINE = 0x0a;

/** ccTrack's names. `seq_no` is the next number: it is incremented before an event is written, never after. */
const State = z.looseObject({
  seq_no: z.int().positive(),
  consecutive_failures: z.int().nonnegative().default(0),
  last_capture_time: z.string().nullable().default(null),
  ...recordOf(VENDOR_NAMES.map(seqField), () => z.int().optional()),
});
function seqField(name: VendorName) {
  return `last_${name}_seq_no` as const;
}
type State = z.infer<typeof State>;

export type Journal = ReturnType<typeof openJournal>;

export function openJournal(dataDir: string, hostname: string) {
  const folder = join(dataDir, USAGE_FOLDER);
  ensurePrivate(dataDir);
  ensurePrivate(folder);
  const repaired = repair(folder);
  const { state, unspooled, isNew } = resume(folder, hostname);

  const save = () => writeState(folder, state);
  /** A record in the spool, with its number. */
  async function spool(
    event: UsageEvent,
    unix_ms: number,
    credits?: readonly CreditReading[],
  ): Promise<void> {
    const samples = toSamples(event);
    if (samples.length > 0 || credits?.length) await spoolSamples(dataDir, samples, unix_ms, credits);
    state[seqField(event.source_tool)] = event.seq_no ?? 0;
  }
  return {
    state: (): Readonly<State> => state,
    repaired,
    /** Events with a written line and perhaps without a record. */
    async recover(now_unix_ms: number): Promise<number> {
      for (const event of unspooled) await spool(event, now_unix_ms);
      if (unspooled.length > 0 || isNew) save();
      return unspooled.length;
    },
    /** Numbers the event and writes it; a number is used up even if that fails. */
    async write(
      captured: UsageEvent,
      now_unix_ms: number,
      credits?: readonly CreditReading[],
    ): Promise<UsageEvent> {
      const event = { ...captured, seq_no: state.seq_no++, hostname };
      appendLine(join(folder, dayFile(event.time_unix_ms)), toUsageLine(event));
      await spool(event, now_unix_ms, credits);
      state.last_capture_time = new Date(event.time_unix_ms).toISOString();
      return event;
    },
    failures(count: number): void {
      state.consecutive_failures = count;
    },
    save,
  };
}

/** End of the last run: from its state, or from the day files if that is older or missing. */
function resume(folder: string, hostname: string) {
  const stored = readState(folder);
  const written = lastEvents(folder).filter((e) => e.hostname === hostname);
  const lastWritten = Math.max(0, ...written.map((e) => e.seq_no ?? 0));
  const state: State = {
    ...(stored ?? { consecutive_failures: 0, last_capture_time: null }),
    seq_no: Math.max(stored?.seq_no ?? 1, lastWritten + 1),
  };
  const spooled = Math.max(0, ...VENDOR_NAMES.map((name) => stored?.[seqField(name)] ?? 0));
  return { state, unspooled: written.filter((e) => (e.seq_no ?? 0) > spooled), isNew: !stored };
}

function writeState(folder: string, state: State): void {
  const path = join(folder, STATE_FILE);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

function dayFile(unixMs: number): string {
  return `usage-${new Date(unixMs).toISOString().slice(0, 10).replaceAll("-", "")}.jsonl`;
}

/** Readings as one record in the spool, for the collector. */
export async function spoolSamples(
  dataDir: string,
  samples: readonly RateLimitSample[],
  unix_ms: number,
  credits?: readonly CreditReading[],
): Promise<void> {
  const body = Buffer.from(JSON.stringify(credits?.length ? { samples, credits } : { samples }));
  const identity = { id: uuidV7(unix_ms), unix_ms };
  appendRecord(openSpool(dataDir), identity, { kind: "limits/1", body }, await loadCrc32());
}

function appendLine(path: string, line: string): void {
  appendOnce(path, Buffer.from(`${line}\n`));
  const fd = openRegular(path, "own");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function dayFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => DAY_FILE.test(name))
    .sort()
    .slice(-2)
    .map((name) => join(folder, name));
}

/** A line torn by a crash is terminated if it is complete and removed otherwise; returns the number of removed ones. */
function repair(folder: string): number {
  return dayFiles(folder).reduce((cut, path) => cut + repairFile(path), 0);
}

function repairFile(path: string): number {
  let fd: number | undefined;
  try {
    fd = openRegular(path, "own", "change");
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    if (size === 0 || (readSync(fd, last, 0, 1, size - 1) === 1 && last[0] === NEWLINE)) return 0;
    const text = readRegular(path, "own");
    const start = text.lastIndexOf(NEWLINE) + 1;
    if (parseLine(text.toString("utf8", start))) {
      appendOnce(path, Buffer.of(NEWLINE));
      return 0;
    }
    ftruncateSync(fd, start);
    return 1;
  } catch {
    // Not our file; writing to it will fail and be counted.
    return 0;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function lastEvents(folder: string): UsageEvent[] {
  return dayFiles(folder).flatMap((path) => {
    try {
      const lines = readRegular(path, "theirs").toString("utf8").split("\n");
      return lines.flatMap((line) => (line === "" ? [] : (parseLine(line) ?? [])));
    } catch {
      return [];
    }
  });
}

export function parseLine(line: string): UsageEvent | undefined {
  try {
    return readUsageEvent(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function readState(folder: string): State | undefined {
  try {
    return State.parse(JSON.parse(readRegular(join(folder, STATE_FILE), "own").toString("utf8")));
  } catch {
    // Missing or damaged: the day files also contain the last number.
    return undefined;
  }
}
