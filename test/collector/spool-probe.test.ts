import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSpoolProbe } from "../../collector/spool-probe.ts";
import { spoolSegment } from "../../schema/names.ts";

test("F007.A4 what hooks write into the segments of this minute and the last is noticed without listing the spool", () => {
  const folder = mkdtempSync(join(tmpdir(), "hall-probe-"));
  try {
    const spool = join(folder, "spool");
    const now = Date.now();
    const isWritten = createSpoolProbe([join(folder, "other"), spool], () => now);
    expect(isWritten()).toBe(true);
    expect(isWritten()).toBe(false);
    mkdirSync(spool);
    expect(isWritten()).toBe(true);
    expect(isWritten()).toBe(false);
    for (const at of [now - 60_000, now])
      for (const text of ["one\n", "two\n"]) {
        appendFileSync(join(spool, spoolSegment(at)), text);
        expect(isWritten()).toBe(true);
        expect(isWritten()).toBe(false);
      }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
