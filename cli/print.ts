import { fstatSync, statSync, writeSync } from "node:fs";
import { wantsColour } from "../schema/config.ts";
import { AppError, ERROR_CODES, messageOf } from "../schema/errors.ts";
import { escapeAfterJson } from "../schema/text.ts";

/**
 * Stored text comes from agents and may carry escape sequences that reprogram a terminal, or bidi marks that
 * make a line read otherwise than it is. None of them leaves this program raw.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;
const PLAIN = /^[ -~]*$/;

/** One line of text: breaks become spaces, every other control character is taken out. */
export function toPlain(value: string): string {
  if (PLAIN.test(value)) return value;
  return Bun.stripANSI(value)
    .replace(/[\r\n\t]+/g, " ")
    .replace(UNSAFE, "")
    .toWellFormed();
}

/** JSON that no terminal and no eye trips over. */
export function toSafeJson(value: unknown, indent?: number): string {
  return escapeAfterJson(JSON.stringify(value, undefined, indent));
}

export function printJson(value: unknown): void {
  out(toSafeJson(value, 2));
}

export function out(line: string): void {
  write(`${line}\n`);
}

/** Where standard error takes nothing, the exit code has to do. */
export function complain(line: string): void {
  try {
    writeWhole(2, `${line}\n`);
  } catch {
    // Nowhere is left to report it.
  }
}

/** A closed pipe ends the program quietly; anything else that takes no output is an error. */
export function write(chunk: string | Uint8Array): void {
  try {
    writeWhole(1, chunk);
  } catch (cause) {
    if ((cause as { code?: string }).code === "EPIPE") process.exit(0);
    throw new AppError("output_unwritable", `Cannot write to standard output: ${messageOf(cause)}`, {
      cause,
      hint: ERROR_CODES.output_unwritable.fix,
    });
  }
}

/** At once and whole, so that nothing is lost when the program ends. */
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
/** Asked of the file first: `process.stdout` takes 12 ms to be there, and what is no terminal can do without it. */
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
