/**
 * Claude Code's status line: one JSON in, one line out, and its rate limits into the spool. It runs on
 * every redraw, so it loads nothing but this, and whatever fails it prints something and exits 0.
 */
import { writeSync } from "node:fs";
import { toPercent } from "../schema/figures.ts";
import { isContextSize, isCost, isPercent, toReset } from "../schema/gate.ts";
import { dataDirectory } from "../schema/names.ts";
import { paceRatio, resetSeconds, windowMinutes } from "../schema/rate-limits.ts";
import { appendRecord, loadCrc32, openSpool, spoolHomes, uuidV7 } from "./append.ts";
import { figuresOf, sessionName } from "./figures.ts";
import { readPayload } from "./stdin.ts";
import { readToday, type Today } from "./today.ts";

type Json = Record<string, unknown>;
export type StatuslineOptions = {
  /** The user's own status line command; its output is printed in place of ours. */
  wrap?: string;
  /** Alias of the account, if several are used on this machine. */
  account?: string;
};

export async function runStatusline({ wrap, account }: StatuslineOptions): Promise<void> {
  const now = Date.now();
  const { payload: stdin } = await readPayload();
  const wrapped = wrap === undefined ? undefined : runWrapped(wrap, stdin);
  const status = parse(stdin);
  if (wrapped === undefined) print(status ? toLine(status, now, today(now)) : "");
  if (status) await record(status, account, now).catch(() => {});
  await wrapped;
}

/** Only what is about limits, and the size of the context: the rest of the JSON names paths and repositories. */
async function record(status: Json, account: string | undefined, now: number): Promise<void> {
  const { session_id } = status;
  const rate_limits = object(status.rate_limits);
  const size = object(status.context_window)?.context_window_size;
  const context_window_size = isContextSize(size) ? size : undefined;
  if (!rate_limits && context_window_size === undefined) return;
  const figures = { rate_limits: rate_limits && figuresOf(rate_limits), context_window_size };
  const body = Buffer.from(JSON.stringify({ session_id: sessionName(session_id), account, ...figures }));
  const crc32 = await loadCrc32();
  const identity = { id: uuidV7(now), unix_ms: now };
  for (const home of spoolHomes(process.env))
    try {
      return appendRecord(openSpool(home), identity, { kind: "statusline/1", body }, crc32);
    } catch {
      // The next place may be writable.
    }
}

function today(now: number): Today | undefined {
  const folder = dataDirectory(process.env);
  return folder === undefined ? undefined : readToday(folder, now);
}

async function runWrapped(command: string, stdin: Buffer): Promise<void> {
  const { spawn } = await import("node:child_process");
  const child = spawn(command, { shell: true, stdio: ["pipe", "inherit", "inherit"] });
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  await new Promise<void>((resolve) => child.on("close", () => resolve()).on("error", () => resolve()));
}

/**
 * `Opus 5.5 · context 42 % · $1.23 · today $4.56 · 5h 37 % (pace 1.4, 2 h 13 min left) · weekly 10 %`; missing parts
 * are omitted. The first cost is the client's own figure for the session, the second that of all agents today.
 */
export function toLine(status: Json, now: number, today?: Today): string {
  const parts = [
    text(object(status.model)?.display_name),
    percent("context", object(status.context_window)?.used_percentage),
    dollars(costOf(object(status.cost)?.total_cost_usd)),
    today ? spent(today) : "",
    window("5h", object(object(status.rate_limits)?.five_hour), now),
    window("weekly", object(object(status.rate_limits)?.seven_day), now),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

function window(name: string, vendor: Json | undefined, now: number): string {
  const used = vendor?.used_percentage;
  if (!isPercent(used)) return "";
  const seconds = finite(vendor?.resets_at);
  const resets = toReset(seconds === undefined ? null : seconds * 1000, now);
  const pace = paceRatio(used / 100, resets, windowMinutes(name), now);
  const left = resetSeconds(resets, now);
  const notes = [
    pace === undefined ? "" : `pace ${pace.toFixed(1)}`,
    left === undefined ? "" : `${duration(left)} left`,
  ].filter((note) => note !== "");
  return percent(name, used) + (notes.length > 0 ? ` (${notes.join(", ")})` : "");
}

function percent(name: string, value: unknown): string {
  return !isPercent(value) ? "" : `${name} ${toPercent(value)}`;
}

function costOf(value: unknown): number | undefined {
  return isCost(value) ? value : undefined;
}

function dollars(usd: number | undefined): string {
  return usd === undefined ? "" : `$${usd.toFixed(2)}`;
}

/** A part without a price makes the sum a lower bound; without any price there are only tokens. */
function spent({ cost_nano_usd, cost_complete, total_tokens }: Today): string {
  if (cost_nano_usd === null) return `today ${thousands(total_tokens)} tokens, price unknown`;
  return `today ${dollars(cost_nano_usd / 1e9)}${cost_complete ? "" : "+"}`;
}

function thousands(n: number): string {
  if (n < 1000) return String(n);
  return n < 999_950 ? `${(n / 1e3).toFixed(1)}k` : `${(n / 1e6).toFixed(1)}M`;
}

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

function print(line: string): void {
  try {
    writeSync(1, `${line}\n`);
  } catch {
    // The reader has gone.
  }
}

function parse(bytes: Buffer): Json | undefined {
  try {
    return object(JSON.parse(bytes.toString("utf8")));
  } catch {
    return undefined;
  }
}

function object(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function text(value: unknown): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these would reprogram the terminal
  return typeof value === "string" ? value.replace(/[\u0000-\u001f\u007f-\u009f]/g, "").slice(0, 60) : "";
}
