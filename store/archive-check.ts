import { basename } from "node:path";
import { type PlacedLine, toArchiveLine } from "./archive-lines.ts";
import { isIntact } from "./archive-seal.ts";
import type { Seal } from "./archive-seals.ts";
import { readLines } from "./line-bytes.ts";
import { checkLine } from "./line-sum.ts";

/** Result of checking the checksums of an archive's lines. */
export type ArchiveTrust = {
  lines: number;
  /** Rejected lines: not JSON, not of a known form, or not what their checksum was made of. */
  damaged_lines: number;
  /** Lines that an earlier version wrote without a checksum, on days without a seal. */
  unverified_lines: number;
  /** Places where lines are missing between two others. */
  gaps: number;
  /** Places of the first of them. */
  untrusted: string[];
};
export type TrustedLine = PlacedLine & { body: string };

const MOST_NAMED = 20;

export function noTrust(): ArchiveTrust {
  return { lines: 0, damaged_lines: 0, unverified_lines: 0, gaps: 0, untrusted: [] };
}

/** The usable lines of a file, a chunk at a time; adds the faults of the others to `trust`. */
export async function* trustedLines(
  folder: string,
  path: string,
  seal: Seal | undefined,
  trust: ArchiveTrust,
): AsyncGenerator<TrustedLine[]> {
  let chain = "";
  let isAfterDamage = false;
  let bare = 0;
  let at = 0;
  const name = (what: string): void => {
    if (trust.untrusted.length < MOST_NAMED) trust.untrusted.push(`${basename(path)} line ${at}: ${what}`);
  };
  for await (const texts of readLines(path)) {
    const usable: TrustedLine[] = [];
    for (const { text } of texts) {
      at++;
      trust.lines++;
      const checked = checkLine(text, chain);
      const placed = checked.trust === "broken" ? undefined : toArchiveLine(checked.body);
      if (checked.trust === "good" && !checked.follows && !isAfterDamage && chain !== "") {
        trust.gaps++;
        name("lines before it are missing");
      }
      if (placed) usable.push({ ...placed, body: checked.body });
      else {
        trust.damaged_lines++;
        name(checked.trust === "broken" ? "its checksum does not match" : "not a line of an archive");
      }
      if (placed && checked.trust === "bare") bare++;
      isAfterDamage = !placed;
      chain = checked.chain;
    }
    if (usable.length > 0) yield usable;
  }
  if (bare > 0 && !(seal && path.endsWith(".zst") && (await isIntact(folder, seal))))
    trust.unverified_lines += bare;
}
