import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { readLines } from "../../store/line-bytes.ts";

const MEBIBYTE = 1024 * 1024;

test("F009.A1 an archive is read line by line, each with its place, wherever its pieces end", async () => {
  const folder = mkdtempSync(join(tmpdir(), "hall-lines-"));
  const long = (n: number, letter: string) => letter.repeat(n);
  // Around the ends of the pieces: a line that ends with one, begins with one, and takes several of them.
  const lines = [
    long(MEBIBYTE - 1, "a"),
    "b",
    long(MEBIBYTE - 3, "c"),
    "",
    "é€😀",
    long(5 * MEBIBYTE, "d"),
    "e",
  ];
  for (const ending of ["\n", ""]) {
    const bytes = Buffer.from(lines.join("\n") + ending);
    writeFileSync(join(folder, "plain.jsonl"), bytes);
    writeFileSync(join(folder, "packed.jsonl.zst"), zstdCompressSync(bytes));
    for (const name of ["plain.jsonl", "packed.jsonl.zst"]) {
      const found: { text: string; offset: number }[] = [];
      for await (const some of readLines(join(folder, name))) found.push(...some);
      expect(found.map(({ text }) => text)).toEqual(lines.filter((line) => line !== ""));
      for (const { text, offset } of found)
        expect(bytes.toString("utf8", offset, offset + Buffer.byteLength(text)) === text).toBe(true);
    }
  }
  rmSync(folder, { recursive: true });
});
