import { statSync } from "node:fs";
import { join } from "node:path";
import type { Beat } from "../collector/beat.ts";
import type { Telemetry } from "../collector/telemetry.ts";
import type { Config } from "../schema/config.ts";
import { createCheckpoints } from "../store/checkpoints.ts";
import { damageOf } from "../store/damage.ts";
import { archiveFolder, DATABASE_FILE, openReader, toStoreError } from "../store/database.ts";
import { checkRows } from "../store/row-check.ts";
import { agreed, counted } from "./format.ts";
import type { Pipeline } from "./pipeline.ts";
import { sinceStored } from "./since-stored.ts";

const EVERY_MS = 4000;
const SCRUB_EVERY_MS = 6 * 60 * 60 * 1000;
/** Rows are compared once nothing was stored for so long, so that a first import is not read while it is written. */
const CALM_MS = 10_000;
/** Agents that never rest do not put it off for longer. */
const MOST_WAIT_MS = 45_000;
/** Between two pieces of a comparison of all rows: a twentieth of a core at most. */
const REST_FACTOR = 20;

/** Keys of problems under which SQLite errors of reading or writing rows are reported. */
const MET_AT = new Set(["store", "loop", "archive"]);

/** `is_detached`: the file is gone or another one, but the stored data can still be read through the connection. */
export type Damage = { detail: string; is_detached: boolean };

/**
 * Detects a database that was removed, replaced or changed by another program: its file is checked every few seconds,
 * and all rows are compared with the archive at the start, after a foreign write and every few hours. Keeps the log
 * short meanwhile.
 */
export function startDatabaseWatch(
  config: Config,
  pipeline: Pipeline,
  beat: Beat,
  onDamage: (damage: Damage) => void,
): () => Promise<void> {
  const { telemetry, progress } = pipeline.collector;
  const path = join(config.data_dir, DATABASE_FILE);
  const folder = identityOf(config.data_dir);
  const opened = identityOf(path);
  const checkpoints = createCheckpoints(pipeline.db, path);
  const ended = new AbortController();
  const report = createDamageReport(telemetry, ended.signal, onDamage);
  const calm_ms = sinceStored(pipeline.bus);
  const scrub = createScrub(() => scrubRows(config, telemetry, ended.signal, report));

  function check(): void {
    // A missing data directory is not damage of the database, but ends this daemon.
    if (identityOf(config.data_dir) !== folder) return;
    const now = identityOf(path);
    if (now !== opened) {
      const detail = now === undefined ? "its file was removed" : "its file was replaced";
      report({ detail, is_detached: true });
      return;
    }
    const state = checkpoints.checkpoint();
    if (state.problem) telemetry.raise("wal", state.problem);
    else telemetry.clear("wal");
    if (state.isForeign) scrub.request();
    if (progress.status().done) scrub.runWhenDue(calm_ms() > CALM_MS);
  }

  pipeline.bus.subscribe("problem", ({ key, problem }) => {
    if (problem?.code === "database_damaged" && MET_AT.has(key))
      report({ detail: problem.detail, is_detached: false });
  });
  const end = beat.every({ every_ms: EVERY_MS, run: check });
  return async () => {
    end();
    ended.abort();
    await scrub.ended();
  };
}

function createDamageReport(telemetry: Telemetry, ended: AbortSignal, onDamage: (damage: Damage) => void) {
  return (damage: Damage): void => {
    if (ended.aborted) return;
    telemetry.raise("database", {
      code: "database_damaged",
      detail: `hall.db: ${damage.detail}`,
      hint: "it is being rebuilt from the archive and the agents' files",
    });
    onDamage(damage);
  };
}

/** When all rows are compared: at the start and every few hours, each in a calm, and on request; one comparison at a time. */
function createScrub(scrub: () => Promise<void>) {
  let due = performance.now();
  let isRequested = false;
  let running: Promise<void> | undefined;
  return {
    request(): void {
      isRequested = true;
    },
    runWhenDue(isCalm: boolean): void {
      const late_ms = performance.now() - due;
      if (running || !(isRequested || late_ms > MOST_WAIT_MS || (late_ms >= 0 && isCalm))) return;
      due = performance.now() + SCRUB_EVERY_MS;
      isRequested = false;
      running = scrub().finally(() => {
        running = undefined;
      });
    },
    ended: async (): Promise<void> => running,
  };
}

async function scrubRows(
  { data_dir }: Config,
  telemetry: Telemetry,
  signal: AbortSignal,
  report: (damage: Damage) => void,
): Promise<void> {
  // A separate connection: an open one has cached pages, whatever the file contains by now.
  const db = openReader(data_dir);
  try {
    const pause = createPause(signal);
    const [damage] = await damageOf(db, pause);
    if (damage !== undefined) return report({ detail: damage, is_detached: false });
    const { damaged, lost, broken_lines } = await checkRows(db, archiveFolder(data_dir), { signal, pause });
    const rows = [...damaged, ...lost];
    if (rows.length > 0)
      return report({
        detail: `${counted(rows.length, "row")} changed since ${agreed(rows.length, "it was", "they were")} stored, starting at row ${rows[0]}`,
        is_detached: false,
      });
    reportBrokenLines(broken_lines, telemetry);
  } catch (cause) {
    if (signal.aborted) return;
    const error = toStoreError(cause, join(data_dir, DATABASE_FILE));
    if (error.code === "database_damaged") report({ detail: error.message, is_detached: false });
  } finally {
    db.close();
  }
}

function reportBrokenLines(lines: readonly string[], telemetry: Telemetry): void {
  if (lines.length === 0) telemetry.clear("archive lines");
  else
    telemetry.raise("archive lines", {
      code: "archive_damaged",
      detail: `lines of the archive are damaged: ${lines.slice(0, 3).join(", ")}`,
    });
}

/** A pause after each piece of work, `REST_FACTOR` times as long as the work took. */
function createPause(signal: AbortSignal): () => Promise<void> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  let before = performance.now();
  return async () => {
    const worked = performance.now() - before;
    await Promise.race([Bun.sleep(Math.min(worked * REST_FACTOR, 1000)), aborted]);
    signal.throwIfAborted();
    before = performance.now();
  };
}

function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
