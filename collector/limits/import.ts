/**
 * Imports ccTrack's day files. It records the imported numbers per host and source, so a file that has grown adds only
 * its new events, days may come in any order, and a new source starts at 0.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { VendorName } from "../../schema/vendors.ts";
import { forEachVendor } from "../../schema/vendors.ts";
import type { RateLimitSample } from "../../store/batch.ts";
import { parseLine, spoolSamples, USAGE_FOLDER } from "./journal.ts";
import { toSamples, type UsageEvent } from "./usage-event.ts";

/** Host, then source: numbers of two machines are unrelated. */
const Checkpoints = z.record(z.string(), z.record(z.string(), z.int().nonnegative()));
export type Checkpoints = z.infer<typeof Checkpoints>;

/** Ranges of imported numbers, in order; what an earlier version imported is imported again, which changes nothing. */
const Seen = z.record(z.string(), z.array(z.tuple([z.int(), z.int()])));
type Runs = [number, number][];

export type Imported = {
  lines: number;
  events: Record<VendorName, number>;
  /** Already imported. */
  known: number;
  unreadable: number;
  samples: number;
};

const STATE_FILE = "import-state.json";
const SEEN_FILE = "import-seen.json";
const RECORD_SAMPLES = 500;

/** Readings go through the spool: the daemon stays the one writer, and stores them now or at its next start. */
export async function importUsage(dataDir: string, paths: readonly string[], now: number): Promise<Imported> {
  const checkpoints = readCheckpoints(dataDir);
  const seen = readState(dataDir, SEEN_FILE, Seen);
  const result: Imported = { lines: 0, events: forEachVendor(() => 0), known: 0, unreadable: 0, samples: 0 };
  for (const path of paths) {
    const samples: RateLimitSample[] = [];
    for (const line of readFileSync(path, "utf8").split("\n")) {
      if (line.trim() === "") continue;
      result.lines++;
      const event = parseLine(line);
      if (!event) result.unreadable++;
      else if (isKnown(event, seen)) result.known++;
      else {
        result.events[event.source_tool]++;
        samples.push(...toSamples(event));
        advance(event, checkpoints);
        see(event, seen);
      }
    }
    for (let at = 0; at < samples.length; at += RECORD_SAMPLES)
      await spoolSamples(dataDir, samples.slice(at, at + RECORD_SAMPLES), now);
    result.samples += samples.length;
    // Last: a crash before it only repeats samples, which their ids deduplicate.
    writeState(dataDir, STATE_FILE, checkpoints);
    writeState(dataDir, SEEN_FILE, seen);
  }
  return result;
}

/** An event without a number is identified only by its time; its sample id prevents a duplicate. */
function isKnown({ hostname, source_tool, seq_no }: UsageEvent, seen: Record<string, Runs>): boolean {
  const runs = seen[`${source_tool} ${hostname}`] ?? [];
  return seq_no !== undefined && runs.some(([first, last]) => first <= seq_no && seq_no <= last);
}

/** Extends a range, joins two, or starts a new one. */
function see({ hostname, source_tool, seq_no }: UsageEvent, seen: Record<string, Runs>): void {
  if (seq_no === undefined) return;
  const key = `${source_tool} ${hostname}`;
  const runs = seen[key] ?? [];
  seen[key] = runs;
  let at = runs.findIndex(([, last]) => last >= seq_no - 1);
  if (at < 0) at = runs.length;
  const run = runs[at];
  if (!run || run[0] > seq_no + 1) {
    runs.splice(at, 0, [seq_no, seq_no]);
    return;
  }
  run[0] = Math.min(run[0], seq_no);
  run[1] = Math.max(run[1], seq_no);
  const next = runs[at + 1];
  if (next && next[0] <= run[1] + 1) runs.splice(at, 2, [run[0], Math.max(run[1], next[1])]);
}

function advance({ hostname, source_tool, seq_no = 0 }: UsageEvent, checkpoints: Checkpoints): void {
  const host = checkpoints[hostname] ?? {};
  checkpoints[hostname] = { ...host, [source_tool]: Math.max(host[source_tool] ?? 0, seq_no) };
}

export const readCheckpoints = (dataDir: string): Checkpoints => readState(dataDir, STATE_FILE, Checkpoints);

function readState<T extends object>(dataDir: string, file: string, shape: z.ZodType<T>): T {
  try {
    return shape.parse(JSON.parse(readFileSync(join(dataDir, USAGE_FOLDER, file), "utf8")));
  } catch {
    return {} as T;
  }
}

function writeState(dataDir: string, file: string, state: object): void {
  const folder = join(dataDir, USAGE_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, file);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
