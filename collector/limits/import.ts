/**
 * Takes over ccTrack's day files. Per host and source it remembers the highest number it has seen, so a file that
 * has grown since gives only what is new, and a source that was unknown before starts at 0.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { RateLimitSample } from "../../schema/batch.ts";
import { parseLine, spoolSamples, USAGE_FOLDER } from "./journal.ts";
import { toSamples, type UsageEvent } from "./usage-event.ts";

/** Host, then source: numbers of two machines have nothing to do with each other. */
const Checkpoints = z.record(z.string(), z.record(z.string(), z.int().nonnegative()));
export type Checkpoints = z.infer<typeof Checkpoints>;

export type Imported = {
  lines: number;
  events: Record<"claude" | "codex", number>;
  /** At or below the checkpoint. */
  known: number;
  unreadable: number;
  samples: number;
};

const STATE_FILE = "import-state.json";
const RECORD_SAMPLES = 500;

/** Readings go through the spool: the daemon stays the one writer, and stores them now or at its next start. */
export async function importUsage(dataDir: string, paths: readonly string[], now: number): Promise<Imported> {
  const checkpoints = readCheckpoints(dataDir);
  const result: Imported = { lines: 0, events: { claude: 0, codex: 0 }, known: 0, unreadable: 0, samples: 0 };
  for (const path of paths) {
    const samples: RateLimitSample[] = [];
    for (const line of readFileSync(path, "utf8").split("\n")) {
      if (line.trim() === "") continue;
      result.lines++;
      const event = parseLine(line);
      if (!event) result.unreadable++;
      else if (isKnown(event, checkpoints)) result.known++;
      else {
        result.events[event.source_tool]++;
        samples.push(...toSamples(event));
        advance(event, checkpoints);
      }
    }
    for (let at = 0; at < samples.length; at += RECORD_SAMPLES)
      await spoolSamples(dataDir, samples.slice(at, at + RECORD_SAMPLES), now);
    result.samples += samples.length;
    // Last: a crash before it only repeats what the sample ids make harmless.
    writeCheckpoints(dataDir, checkpoints);
  }
  return result;
}

/** An event without a number has only its time to be known by; its sample id stops a second one. */
function isKnown(event: UsageEvent, checkpoints: Checkpoints): boolean {
  const seen = checkpoints[event.hostname]?.[event.source_tool] ?? 0;
  return event.seq_no !== undefined && event.seq_no <= seen;
}

function advance({ hostname, source_tool, seq_no = 0 }: UsageEvent, checkpoints: Checkpoints): void {
  const host = checkpoints[hostname] ?? {};
  checkpoints[hostname] = { ...host, [source_tool]: Math.max(host[source_tool] ?? 0, seq_no) };
}

export function readCheckpoints(dataDir: string): Checkpoints {
  try {
    return Checkpoints.parse(JSON.parse(readFileSync(join(dataDir, USAGE_FOLDER, STATE_FILE), "utf8")));
  } catch {
    return {};
  }
}

function writeCheckpoints(dataDir: string, checkpoints: Checkpoints): void {
  const folder = join(dataDir, USAGE_FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, STATE_FILE);
  writeFileSync(`${path}.tmp`, `${JSON.stringify(checkpoints)}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
