import type { PipelineCounters, ReadResult, Stage } from "../schema/status.ts";
import { isVendor } from "../schema/vendors.ts";
import type { FileBatch } from "../store/batch.ts";
import type { TimedResult } from "./reader.ts";
import type { Source } from "./sources/source.ts";

/** Upper bounds of the histogram of how long one file of history takes. */
const PARSE_BUCKETS_MS = [1, 2, 5, 10, 20, 35, 50, 100, 200, 500, 1000, 5000] as const;

type Vendor = PipelineCounters["lines_rejected"][number]["source"];

/** One line of the log for a file that was not read as it should have been. */
export type ReadLog = {
  level: "warn";
  message: "file_read";
  source: Vendor;
  stage: Stage;
  result: ReadResult;
  session_id: string;
  path: string;
  rejects: number;
  code?: string;
};

const FILE_READ = { level: "warn", message: "file_read" } as const;

/** Counts by vendor what finding and reading files came to. A file that takes several reads counts once. */
export function createPipelineCounters(log: (line: ReadLog) => void = () => {}) {
  const outcomes = createOutcomes();
  const lines = createLineCounts();
  const times = createParseTimes();
  const open = createOpenFiles();
  const unlisted = new Set<string>();
  let found_by_scan = 0;

  return {
    found: (name: Source["name"]): void => outcomes.count(vendorOf(name), "pass1", "ok"),
    /** Logged with every scan while it lasts, counted once. */
    notListed(name: Source["name"], path: string): void {
      if (!unlisted.has(path)) outcomes.count(vendorOf(name), "pass1", "io_error");
      unlisted.add(path);
    },
    missedByWatcher: (): void => void found_by_scan++,
    foundByScan: (): number => found_by_scan,
    read(name: Source["name"], stage: "pass2" | "live", path: string, result: TimedResult): void {
      const source = vendorOf(name);
      if (!source || result.kind === "gone") return void open.drop(path);
      const sum = open.add(path, result);
      if (result.kind === "read") {
        lines.add(source, result.batch);
        if (result.more) return;
        if (stage === "pass2") times.add(source, sum.elapsed_ms);
      }
      open.drop(path);
      const outcome = open.outcome(path, result, sum);
      if (!outcome) return;
      outcomes.count(source, stage, outcome);
      if (outcome === "ok") return;
      const { rejects, session_id } = sum;
      const code = result.kind === "failed" ? { code: result.code } : {};
      log({ ...FILE_READ, source, stage, result: outcome, session_id, path, rejects, ...code });
    },
    status: (): PipelineCounters => ({
      files_scanned: outcomes.rows(),
      ...lines.counts(),
      parse_ms: times.histograms(),
      found_by_scan,
    }),
  };
}

/** What the reads of one file that is not read to its end came to. */
type OpenFile = { elapsed_ms: number; rejects: number; session_id: string };

function createOpenFiles() {
  const open = new Map<string, OpenFile>();
  const failing = new Set<string>();
  return {
    add(path: string, result: TimedResult & { elapsed_ms: number }): OpenFile {
      const sum = open.get(path) ?? { elapsed_ms: 0, rejects: 0, session_id: "" };
      open.set(path, sum);
      sum.elapsed_ms += result.elapsed_ms;
      if (result.kind !== "read") return sum;
      sum.session_id ||= result.batch.sessions[0]?.session_id ?? "";
      sum.rejects += result.batch.rejects.length;
      return sum;
    },
    drop: (path: string): void => void open.delete(path),
    /** How a file that was read to its end came out; undefined where that is nothing new. */
    outcome(path: string, result: TimedResult, sum: OpenFile): ReadResult | undefined {
      if (result.kind !== "failed") {
        failing.delete(path);
        return sum.rejects > 0 ? "parse_error" : "ok";
      }
      if (failing.has(path)) return undefined;
      failing.add(path);
      return "io_error";
    },
  };
}

/** By vendor: sessions that were met, and lines that were no records. */
function createLineCounts() {
  const rejected = new Map<Vendor, number>();
  const sessions = new Map<Vendor, Set<string>>();
  return {
    add(source: Vendor, batch: FileBatch): void {
      const seen = sessions.get(source) ?? new Set();
      sessions.set(source, seen);
      for (const { session_id } of batch.sessions) seen.add(session_id);
      rejected.set(source, (rejected.get(source) ?? 0) + batch.rejects.length);
    },
    counts: () => ({
      lines_rejected: [...rejected].map(([source, count]) => ({ source, count })),
      sessions_indexed: [...sessions].map(([source, ids]) => ({ source, count: ids.size })),
    }),
  };
}

function createOutcomes() {
  const rows = new Map<string, PipelineCounters["files_scanned"][number]>();
  return {
    count(source: Vendor | undefined, stage: Stage, result: ReadResult): void {
      if (!source) return;
      const key = `${source} ${stage} ${result}`;
      const row = rows.get(key);
      if (row) row.count++;
      else rows.set(key, { source, stage, result, count: 1 });
    },
    rows: () => [...rows.values()],
  };
}

/** How long files of history take, as a histogram for each vendor. */
function createParseTimes() {
  const times = new Map<Vendor, { bins: number[]; sum_ms: number }>();

  function histogram(source: Vendor, bins: number[], sum_ms: number): PipelineCounters["parse_ms"][number] {
    let count = 0;
    const buckets = PARSE_BUCKETS_MS.map((le_ms, i) => {
      count += bins[i] ?? 0;
      return { le_ms, count };
    });
    return { source, buckets, count: count + (bins.at(-1) ?? 0), sum_ms };
  }
  return {
    add(source: Vendor, ms: number): void {
      const of = times.get(source) ?? {
        bins: new Array<number>(PARSE_BUCKETS_MS.length + 1).fill(0),
        sum_ms: 0,
      };
      times.set(source, of);
      const at = PARSE_BUCKETS_MS.findIndex((bound) => ms <= bound);
      const bin = at < 0 ? PARSE_BUCKETS_MS.length : at;
      of.bins[bin] = (of.bins[bin] ?? 0) + 1;
      of.sum_ms += ms;
    },
    histograms: () => [...times].map(([source, { bins, sum_ms }]) => histogram(source, bins, sum_ms)),
  };
}

/** What hooks leave has no vendor's file format but ours. */
function vendorOf(name: Source["name"]): Vendor | undefined {
  return isVendor(name) ? name : undefined;
}
