import { statSync } from "node:fs";
import { spoolSegment } from "../schema/names.ts";

/** A record goes into the segment of the minute in which its hook began, so it may be the one before. */
const MINUTE_MS = 60_000;

/**
 * Whether hooks may have written below these folders since the last call: a tenth of the cost of listing them, many
 * times a second. A hook that was suspended for minutes writes into an older segment, which the scan finds.
 */
export function createSpoolProbe(folders: readonly string[], clock = Date.now): () => boolean {
  let before: string | undefined;
  return () => {
    const now = clock();
    const segments = [now, now - MINUTE_MS].map(spoolSegment);
    const seen = folders.flatMap((folder) => [
      mark(folder),
      ...segments.map((name) => mark(`${folder}/${name}`)),
    ]);
    const text = seen.join(" ");
    const isSame = text === before;
    before = text;
    return !isSame;
  };
}

/** For a folder the time of its last new or removed file, for a file its length. */
function mark(path: string): string {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return "-";
    return stats.isDirectory() ? `${stats.mtimeMs}` : `${stats.size}`;
  } catch (error) {
    return (error as { code?: string }).code ?? "?";
  }
}
