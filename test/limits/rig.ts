import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseRecord } from "../../collector/hooks/spool-record.ts";
import { createCommandProbe } from "../../collector/limits/command.ts";
import { USAGE_FOLDER } from "../../collector/limits/journal.ts";
import type { Probe, ProbeLimits } from "../../collector/limits/probe.ts";
import { createSampler, type SamplerOptions } from "../../collector/limits/sampler.ts";
import type { RateLimitSample } from "../../store/batch.ts";

export const MINUTE = 60_000;
export const NOON = Date.parse("2026-11-20T12:00:00Z");
export const CADENCE = 5 * MINUTE;
const LIMITS: ProbeLimits = { timeout_ms: 5_000, kill_after_ms: 300 };
export const ENV = { PATH: process.env.PATH ?? "/usr/bin:/bin" };

type Line = { source_tool: string; seq_no: number; timestamp: string; hostname: string; windows: object };

/** A data directory, fake status commands that are real programs, and a clock that only the test moves. */
export function tempRig() {
  const folder = mkdtempSync(join(tmpdir(), "hall-limits-"));
  const data = join(folder, "data");
  const clock = { now: NOON };
  const logged: string[] = [];
  const path = (name: string) => join(folder, name);
  return {
    data,
    clock,
    logged: logged,
    path,
    /** A shell script; each of its runs leaves one byte in `<name>.runs`. */
    command(name: string, body: string): string {
      writeFileSync(path(name), `#!/bin/sh\nprintf . >> "${path(name)}.runs"\n${body}\n`);
      chmodSync(path(name), 0o755);
      return path(name);
    },
    runs: (name: string): number =>
      existsSync(path(`${name}.runs`)) ? readFileSync(path(`${name}.runs`)).length : 0,
    probe(
      source: "claude" | "codex",
      program: string,
      over: Partial<ProbeLimits & { cadence_ms: number }> = {},
    ): Probe {
      return createCommandProbe({ source, path: program, env: ENV, cadence_ms: CADENCE, ...LIMITS, ...over });
    },
    sampler(probes: Probe[], over: Partial<SamplerOptions> = {}) {
      return createSampler({
        data_dir: data,
        hostname: "devbox",
        probes,
        now: () => clock.now,
        random: () => 0,
        log: (line) => void logged.push(line),
        ...over,
      });
    },
    dayFiles: (): string[] =>
      existsSync(join(data, USAGE_FOLDER))
        ? readdirSync(join(data, USAGE_FOLDER))
            .filter((n) => n.startsWith("usage-"))
            .sort()
        : [],
    /** The lines of every day's file, in order. */
    lines(): Line[] {
      return this.dayFiles().flatMap((name) => jsonLines(join(data, USAGE_FOLDER, name)) as Line[]);
    },
    state: () => JSON.parse(readFileSync(join(data, USAGE_FOLDER, "sampler-state.json"), "utf8")),
    /** What the collector will find in the spool. */
    spooled(): RateLimitSample[] {
      const spool = join(data, "spool");
      if (!existsSync(spool)) return [];
      return readdirSync(spool).flatMap((name) => spoolFile(join(spool, name)));
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
export type Rig = ReturnType<typeof tempRig>;

function jsonLines(path: string): unknown[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function spoolFile(path: string): RateLimitSample[] {
  const lines = readFileSync(path, "latin1").split("\n").filter(Boolean);
  return lines.flatMap((line) => {
    const bytes = Buffer.from(line, "latin1");
    const record = parseRecord(bytes, 0, bytes.length);
    if (!record.ok) throw new Error(`${record.reason}: ${record.detail}`);
    return (JSON.parse(record.body.toString("utf8")) as { samples: RateLimitSample[] }).samples;
  });
}

type Figures = Record<string, number>;

/** ccTrack's event as a status command prints it: neither a number nor a host of its own. */
export function usageEvent(
  source_tool: "claude" | "codex",
  figures: Figures,
  timestamp = new Date(NOON).toISOString(),
) {
  const windows = Object.fromEntries(
    Object.entries(figures).map(([name, used_percent]) => [
      name,
      { used_percent, resets_at: new Date(NOON + 60 * MINUTE).toISOString() },
    ]),
  );
  return { source_tool, timestamp, windows };
}

export const CLAUDE_EVENT = usageEvent("claude", { session: 42, weekly_all: 10, weekly_opus: 3 });
export const CODEX_EVENT = usageEvent("codex", { "5h_limit": 23, weekly_limit: 44 });

export const prints = (value: unknown) => `cat <<'JSON'\n${JSON.stringify(value, null, 2)}\nJSON`;
