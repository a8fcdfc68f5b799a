import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const FLUSH_CHARS = 4_000_000;

export type LineFile = {
  write(line: string): void;
  close(): { bytes: number; lines: number };
};

/** Writes lines in big pieces: the generator must not be what a benchmark waits for. */
export function createLineFile(path: string): LineFile {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, "w");
  let [parts, chars, bytes, lines]: [string[], number, number, number] = [[], 0, 0, 0];
  const flush = () => {
    const buffer = Buffer.from(parts.join(""));
    for (let done = 0; done < buffer.length; ) done += writeSync(file, buffer, done);
    bytes += buffer.length;
    parts = [];
    chars = 0;
  };
  return {
    write(line) {
      parts.push(line, "\n");
      chars += line.length;
      lines++;
      if (chars > FLUSH_CHARS) flush();
    },
    close() {
      flush();
      closeSync(file);
      return { bytes, lines };
    },
  };
}
