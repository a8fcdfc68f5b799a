import { closeSync, fstatSync, readSync, type Stats } from "node:fs";
import { openRegular } from "../hooks/regular.ts";
import type { FileState } from "../schema/row-values.ts";
import { isVendor } from "../schema/vendors.ts";
import type { Cursor, FileBatch } from "../store/batch.ts";
import { joinToolCalls } from "../store/commit-tools.ts";
import { emptyBatch, LINE_LIMIT_BYTES, type TailResult } from "./file-batch.ts";
import { beginsAlike, fingerprint, isUnchanged } from "./fingerprint.ts";
import type { FastPath } from "./import/fast-path.ts";
import { feedLines } from "./lines.ts";
import { rejectOversize, takeReduced } from "./oversize.ts";
import { LineReducer } from "./reduce.ts";
import type { LineParser, Source } from "./sources/source.ts";
import { readCompressed } from "./zst.ts";

/** So much is read at once: a larger piece would leave the processor's cache before it is parsed. */
const CHUNK_BYTES = 512 * 1024;
/** A line that is longer than the budget is not read in crumbs. */
const LEAST_READ_BYTES = 64 * 1024;
const DOCUMENT_LIMIT_BYTES = 1024 * 1024;
/** A reading is over before the next one begins. */
const window = Buffer.allocUnsafeSlow(2 * CHUNK_BYTES);

/**
 * Reads whole lines after `from`, at most about `budgetBytes` of them, and returns where to go on. A half line
 * waits. A file that was replaced, truncated or rewritten is read from its start again: ids make that harmless.
 */
export async function tail(
  source: Source,
  path: string,
  from: Cursor | undefined,
  budgetBytes: number,
  fast?: FastPath,
): Promise<TailResult> {
  let fd: number;
  try {
    fd = openRegular(path, "theirs");
  } catch (error) {
    const code = (error as { code?: string }).code ?? "EIO";
    return code === "ENOENT" || code === "ENOTDIR" ? { kind: "gone" } : { kind: "failed", code };
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return { kind: "failed", code: "not_a_file" };
    if (source.isDocument?.(path)) return readDocument(source, path, fd, stats);
    const open = isVendor(source.name) ? fast?.open[source.name] : undefined;
    const lines = open ? { ...source, open } : source;
    if (path.endsWith(".zst")) return await readCompressed(lines, path, fd, stats);
    return readLines(lines, path, fd, stats, from, budgetBytes, fast?.buffer ?? window);
  } catch (error) {
    return { kind: "failed", code: (error as { code?: string }).code ?? "EIO" };
  } finally {
    closeSync(fd);
  }
}

/** Whether the bytes already read are still the bytes in the file, and what happened if not. */
function resumeAt(
  fd: number,
  stats: Stats,
  from: Cursor | undefined,
): { offset: number; state: FileState; parser_state: string } {
  if (!from) return { offset: 0, state: "active", parser_state: "" };
  if (stats.size < from.offset) {
    const isCut = beginsAlike(fd, stats.size, from.offset, from.fingerprint);
    return { offset: 0, state: isCut ? "truncated" : "rewritten", parser_state: "" };
  }
  if (from.offset > 0 && !isUnchanged(fd, from.offset, from.fingerprint))
    return { offset: 0, state: "rewritten", parser_state: "" };
  return {
    offset: from.offset,
    state: from.state === "deleted" ? "active" : from.state,
    parser_state: from.parser_state,
  };
}

function readLines(
  source: Source,
  path: string,
  fd: number,
  stats: Stats,
  from: Cursor | undefined,
  budget: number,
  window: Buffer,
): TailResult {
  const resume = resumeAt(fd, stats, from);
  const batch = emptyBatch(source, path, stats, resume.offset, resume.state);
  const parser = source.open(path, resume.parser_state, batch);
  let buffer = window;
  let filled = 0;
  let offset = resume.offset;
  const stop = offset + budget;
  while (offset + filled < stats.size && offset < stop) {
    if (filled === buffer.length) buffer = larger(buffer);
    const wanted = Math.min(CHUNK_BYTES, Math.max(LEAST_READ_BYTES, stop - offset - filled));
    const room = Math.min(wanted, buffer.length - filled, stats.size - offset - filled);
    const got = readSync(fd, buffer, filled, room, offset + filled);
    if (got === 0) break;
    const { used, lines, restored } = feedLines(parser, buffer, filled, filled + got, offset);
    batch.lines += lines;
    if (restored > 0) batch.ignored.restored = (batch.ignored.restored ?? 0) + restored;
    filled += got;
    if (used > 0) {
      buffer.copy(window, 0, used, filled);
      buffer = window;
      filled -= used;
      offset += used;
    } else if (filled >= LINE_LIMIT_BYTES) {
      const line = new LineReducer();
      line.push(buffer, 0, filled);
      const end = endOfOversizeLine(fd, offset + filled, stats.size, line, window);
      if (end < 0) break;
      takeReduced(batch, parser, line, { source, path, offset, length_bytes: end - offset });
      buffer = window;
      filled = 0;
      offset = end + 1;
    }
  }
  finish(batch, parser, fd, offset);
  batch.bytes = offset - resume.offset;
  const more = offset >= stop && offset < stats.size;
  // With the whole size a process that dies here would find the file unchanged, and its rest would never be read.
  if (more) batch.cursor.size_bytes = offset;
  return { kind: "read", batch, more };
}

/** A line that is longer than the window goes on in memory of its own. */
function larger(held: Buffer): Buffer {
  const buffer = Buffer.allocUnsafeSlow(Math.min(held.length * 2, LINE_LIMIT_BYTES));
  held.copy(buffer);
  return buffer;
}

/** Position of the newline that ends a line too long to hold, or -1 while it is still being written. */
function endOfOversizeLine(
  fd: number,
  from: number,
  size: number,
  line: LineReducer,
  window: Buffer,
): number {
  for (let at = from; at < size; ) {
    const got = readSync(fd, window, 0, Math.min(CHUNK_BYTES, size - at), at);
    if (got === 0) return -1;
    const end = window.subarray(0, got).indexOf(10);
    line.push(window, 0, end >= 0 ? end : got);
    if (end >= 0) return at + end;
    at += got;
  }
  return -1;
}

function readDocument(source: Source, path: string, fd: number, stats: Stats): TailResult {
  const batch = emptyBatch(source, path, stats, 0, "active");
  const parser = source.open(path, "", batch);
  if (stats.size > DOCUMENT_LIMIT_BYTES)
    rejectOversize(batch, { source, path, offset: 0, length_bytes: stats.size });
  else {
    const bytes = Buffer.allocUnsafe(stats.size);
    const got = readSync(fd, bytes, 0, stats.size, 0);
    parser.line(bytes, 0, got, 0);
    batch.lines = 1;
  }
  finish(batch, parser, fd, stats.size);
  batch.bytes = stats.size;
  return { kind: "read", batch, more: false };
}

function finish(batch: FileBatch, parser: LineParser, fd: number, offset: number): void {
  // First, as it dates what came before the first line with a time.
  batch.cursor.parser_state = parser.state();
  batch.tool_calls = joinToolCalls(batch.tool_calls);
  batch.cursor.offset = offset;
  batch.cursor.fingerprint = fingerprint(fd, offset);
}
