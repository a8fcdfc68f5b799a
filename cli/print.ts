import { fstatSync, statSync, writeSync } from "node:fs";
import { wantsColour } from "../schema/config.ts";
import { AppError, ERROR_CODES, messageOf } from "../schema/errors.ts";
import { escapeAfterJson } from "../schema/text.ts";

/**
 * Stored text comes from agents and may carry escape sequences that reprogram a terminal, or bidirectional marks that
 * change how a line is displayed. None of them is printed raw.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const PLAIN = /^[ -~]*$/;

/** One line of text: line breaks become spaces, other control characters are removed. */
export function toPlain(value: string): string {
  if (PLAIN.test(value)) return value;
  return Bun.stripANSI(value)
    .replace(/[\r\n\t]+/g, " ")
    .replace(UNSAFE, "")
    .toWellFormed();
}

/** JSON without characters that control a terminal or mislead a reader. */
export function toSafeJson(value: unknown, indent?: number): string {
  return escapeAfterJson(JSON.stringify(value, undefined, indent));
}

export function printJson(value: unknown): void {
  out(toSafeJson(value, 2));
}

export function out(line: string): void {
  write(`${line}\n`);
}

/** If standard error is not writable, the exit code has to suffice. */
export function complain(line: string): void {
  try {
    writeWhole(2, `${line}\n`);
  } catch {
    // There is nowhere left to report it.
  }
}

/** A closed pipe ends the program quietly; any other write failure is an error. */
export function write(chunk: string | Uint8Array): void {
  try {
    writeWhole(1, chunk);
  } catch (cause) {
    if (isReaderGone(cause)) process.exit(0);
    throw toUnwritable(cause);
  }
}

export const isReaderGone = (cause: unknown): boolean => (cause as { code?: string }).code === "EPIPE";

export const toUnwritable = (cause: unknown): AppError =>
  new AppError("output_unwritable", `Cannot write to standard output: ${messageOf(cause)}`, {
    cause,
    hint: ERROR_CODES.output_unwritable.fix,
  });

/** Synchronously and completely, so that nothing is lost when the program ends. */
function writeWhole(fd: 1 | 2, chunk: string | Uint8Array): void {
  const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") throw error;
      Bun.sleepSync(2);
    }
  }
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

let terminal: boolean | undefined;
/** The file descriptor is checked first: `process.stdout` takes 12 ms to load and is only needed for a terminal. */
function isTerminal(): boolean {
  terminal ??= isDevice(1) && process.stdout.isTTY === true;
  return terminal;
}

function isDevice(fd: number): boolean {
  try {
    const file = fstatSync(fd);
    return file.isCharacterDevice() && file.rdev !== statSync("/dev/null").rdev;
  } catch {
    return false;
  }
}

export function paint(style: keyof typeof CODES, value: string): string {
  return wantsColour(isTerminal()) ? `\u001b[${CODES[style]}m${value}\u001b[0m` : value;
}

/** Columns of the terminal; unlimited in a pipe. */
export function terminalWidth(): number {
  return isTerminal() ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
}
