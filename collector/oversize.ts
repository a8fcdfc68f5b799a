import { UNNAMED_AGENT } from "../schema/vendors.ts";
import type { FileBatch } from "../store/batch.ts";
import { LINE_LIMIT_BYTES } from "./file-batch.ts";
import { type LineReducer, REDUCED } from "./reduce.ts";
import type { LineParser, Source } from "./sources/source.ts";

type Place = { source: Source; path: string; offset: number; length_bytes: number };

/** A line that was too long to buffer was read for its figures, ids, times and beginnings of texts. */
export function takeReduced(batch: FileBatch, parser: LineParser, line: LineReducer, place: Place): void {
  // A record of the spool has a checksum of all its bytes.
  const short = place.source.name === "spool" ? undefined : line.result();
  if (!short) {
    rejectOversize(batch, place);
    return;
  }
  const { source, path, offset } = place;
  if (line.leading_nul > 0)
    batch.rejects.push({
      source: vendorOf(source),
      path,
      offset,
      length_bytes: line.leading_nul,
      reason: "nul_bytes",
      detail: `${line.leading_nul} NUL bytes`,
    });
  parser.line(short, 0, short.length, offset + line.leading_nul);
  batch.lines++;
  batch.ignored[REDUCED] = (batch.ignored[REDUCED] ?? 0) + 1;
}

export function rejectOversize(batch: FileBatch, { source, path, offset, length_bytes }: Place): void {
  batch.lines++;
  batch.rejects.push({
    source: vendorOf(source),
    path,
    offset,
    length_bytes,
    reason: "oversize",
    detail: `longer than ${LINE_LIMIT_BYTES} bytes`,
  });
}

function vendorOf({ name }: Source): FileBatch["rejects"][number]["source"] {
  return name === "spool" ? UNNAMED_AGENT : name;
}
