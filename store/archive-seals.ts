import { closeSync, fsyncSync, writeSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { openRegular, readRegular } from "../hooks/regular.ts";

/** Content of a sealed day at its sealing; the newest entry of a day counts. */
const Seal = z.object({
  day: z.string(),
  lines: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  sha256: z.string(),
  /** Checksum of the last plain file that was sealed: shows whether a remaining plain file can be removed. */
  plain_sha256: z.string(),
  last_seq: z.int().nonnegative(),
  /** First and last number of every unbroken run of events and requests. */
  ranges: z.array(z.tuple([z.int(), z.int()])),
  sealed_unix_ms: z.int(),
});
export type Seal = z.infer<typeof Seal>;

const FILE = "seals.jsonl";

export function readSeals(folder: string): Map<string, Seal> {
  const seals = new Map<string, Seal>();
  for (const line of textOf(join(folder, FILE)).split("\n")) {
    const seal = Seal.safeParse(toJson(line));
    if (seal.success) seals.set(seal.data.day, seal.data);
  }
  return seals;
}

/** Starts with a line break, so that half a line left by a crash does not damage the next one. */
export function writeSeal(folder: string, seal: Seal): void {
  const fd = openRegular(join(folder, FILE), "own", "append");
  try {
    writeSync(fd, `\n${JSON.stringify(seal)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function textOf(path: string): string {
  try {
    return readRegular(path, "own").toString("utf8");
  } catch {
    return "";
  }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
