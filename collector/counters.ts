import type { PipelineCounters, ReadResult, Stage } from "../schema/status.ts";
import { isVendor } from "../schema/vendors.ts";
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

/** Counts by vendor what finding and reading files came to. A file that takes several reads counts once. */
export function createPipelineCounters(log: (line: ReadLog) => void = () => {}) {
  const scanned = new Map<string, PipelineCounters["files_scanned"][number]>();
  const rejected = new Map<Vendor, number>();
  const sessions = new Map<Vendor, Set<string>>();
  const times = new Map<Vendor, number[]>();
  const sums = new Map<Vendor, number>();
  const open = new Map<string, { elapsed_ms: number; rejects: number; session_id: string }>();
  const unlisted = new Set<string>();
  const failing = new Set<string>();
  let found_by_scan = 0;

  function countRead(source: Vendor, stage: Stage, result: ReadResult): void {
    const key = `${source} ${stage} ${result}`;
    const row = scanned.get(key);
    if (row) row.count++;
    else scanned.set(key, { source, stage, result, count: 1 });
  }

  function addTime(source: Vendor, ms: number): void {
    const bins = times.get(source) ?? new Array<number>(PARSE_BUCKETS_MS.length + 1).fill(0);
    times.set(source, bins);
    const at = PARSE_BUCKETS_MS.findIndex((bound) => ms <= bound);
    const bin = at < 0 ? PARSE_BUCKETS_MS.length : at;
    bins[bin] = (bins[bin] ?? 0) + 1;
    sums.set(source, (sums.get(source) ?? 0) + ms);
  }

  function histogram(source: Vendor, bins: number[]): PipelineCounters["parse_ms"][number] {
    let count = 0;
    const buckets = PARSE_BUCKETS_MS.map((le_ms, i) => {
      count += bins[i] ?? 0;
      return { le_ms, count };
    });
    return { source, buckets, count: count + (bins.at(-1) ?? 0), sum_ms: sums.get(source) ?? 0 };
  }

  return {
    found(name: Source["name"]): void {
      const source = vendorOf(name);
      if (source) countRead(source, "pass1", "ok");
    },
    /** Logged with every scan while it lasts, counted once. */
    notListed(name: Source["name"], path: string): void {
      const source = vendorOf(name);
      if (!source || unlisted.has(path)) return;
      unlisted.add(path);
      countRead(source, "pass1", "io_error");
    },
    missedByWatcher: (): void => void found_by_scan++,
    read(name: Source["name"], stage: "pass2" | "live", path: string, result: TimedResult): void {
      const source = vendorOf(name);
      if (!source || result.kind === "gone") return void open.delete(path);
      const sum = open.get(path) ?? { elapsed_ms: 0, rejects: 0, session_id: "" };
      sum.elapsed_ms += result.elapsed_ms;
      if (result.kind === "read") {
        const seen = sessions.get(source) ?? new Set();
        sessions.set(source, seen);
        for (const { session_id } of result.batch.sessions) seen.add(session_id);
        sum.session_id ||= result.batch.sessions[0]?.session_id ?? "";
        sum.rejects += result.batch.rejects.length;
        rejected.set(source, (rejected.get(source) ?? 0) + result.batch.rejects.length);
        if (result.more) return void open.set(path, sum);
        if (stage === "pass2") addTime(source, sum.elapsed_ms);
      }
      open.delete(path);
      if (result.kind === "read") failing.delete(path);
      else if (failing.has(path)) return;
      else failing.add(path);
      const outcome = result.kind === "failed" ? "io_error" : sum.rejects > 0 ? "parse_error" : "ok";
      countRead(source, stage, outcome);
      if (outcome === "ok") return;
      const { rejects, session_id } = sum;
      const code = result.kind === "failed" ? { code: result.code } : {};
      log({
        level: "warn",
        message: "file_read",
        source,
        stage,
        result: outcome,
        session_id,
        path,
        rejects,
        ...code,
      });
    },
    status: (): PipelineCounters => ({
      files_scanned: [...scanned.values()],
      lines_rejected: [...rejected].map(([source, count]) => ({ source, count })),
      sessions_indexed: [...sessions].map(([source, ids]) => ({ source, count: ids.size })),
      parse_ms: [...times].map(([source, bins]) => histogram(source, bins)),
      found_by_scan,
    }),
  };
}

/** What hooks leave has no vendor's file format but ours. */
function vendorOf(name: Source["name"]): Vendor | undefined {
  return isVendor(name) ? name : undefined;
}
