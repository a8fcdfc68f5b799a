import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const REPOSITORY = join(import.meta.dir, "..", "..");

/** One figure beside what it may be at most, or must be `at_least`; without either it is only for information. */
export type Figure = {
  name: string;
  value: number;
  unit: string;
  limit?: number;
  at_least?: number;
  note?: string;
};

/** A figure that is not a number is over its limit too. */
export function isOver({ value, limit, at_least }: Figure): boolean {
  return (limit !== undefined && !(value <= limit)) || (at_least !== undefined && !(value >= at_least));
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export type Ran = {
  /** From the start to the end, and to the first whole line of output. */
  ms: number;
  line_ms: number;
  peak_mb: number;
  /** Of all its threads and the programs that it waited for. */
  cpu_ms: number;
  code: number;
  stdout: string;
  stderr: string;
};

/** Runs a program to its end. The peak of its memory is the kernel's own figure. */
export async function run(command: string[], env: Record<string, string>, stdin = ""): Promise<Ran> {
  const started = performance.now();
  const child = Bun.spawn(command, {
    env,
    cwd: REPOSITORY,
    stdin: Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  let line_ms = Number.NaN;
  const [stdout, stderr, code] = await Promise.all([
    read(child.stdout, () => {
      line_ms = performance.now() - started;
    }),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const ms = performance.now() - started;
  const usage = child.resourceUsage();
  const peak_mb = (usage?.maxRSS ?? Number.NaN) / 1e6;
  const cpu_ms = Number(usage?.cpuTime.total ?? Number.NaN) / 1e3;
  return { ms, line_ms, peak_mb, cpu_ms, code, stdout, stderr };
}

async function read(stream: ReadableStream<Uint8Array>, onLine: () => void): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let hasLine = false;
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (hasLine || !text.includes("\n")) continue;
    hasLine = true;
    onLine();
  }
  return text + decoder.decode();
}

export function mustSucceed(ran: Ran, what: string): Ran {
  if (ran.code !== 0) throw new Error(`${what} ended with ${ran.code}: ${ran.stderr.slice(-2000)}`);
  return ran;
}

/** An environment in which nothing of the person at this machine is read or written. */
export function cleanEnv(folder: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: join(folder, "home"),
    TZ: "UTC",
    HALL_DATA_DIR: join(folder, "data"),
    HALL_PORT: "0",
    HALL_AUTOSTART: "false",
    ...more,
  };
}

export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(benchRoot(), "hall-bench-run-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function benchRoot(): string {
  return process.env.HALL_BENCH_DIR || tmpdir();
}
