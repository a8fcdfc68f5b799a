import { readRegular } from "../hooks/regular.ts";
import { AppError } from "../schema/errors.ts";
import { lineAndColumn, placesIn } from "./json-places.ts";

const BYTE_ORDER_MARK = "\ufeff";

/** The content of `config.json`, unchecked; `{}` without the file. Each part is checked by its reader. */
export type ReadConfig = { path: string; text: string; value: unknown };

export function readConfigFile(path: string): ReadConfig {
  const text = readConfigText(path);
  return { path, text, value: parseConfigText(path, text) };
}

/** `{}` without the file. */
export function readConfigText(path: string): string {
  try {
    const text = readRegular(path, "theirs").toString("utf8");
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "ENOENT") return "{}";
    const isNoFile = code === "not_a_file";
    const message = isNoFile ? `${path} is not a file` : `${path} cannot be read`;
    const hint = isNoFile ? "move it away" : "check its permissions";
    throw new AppError("settings_unreadable", message, { hint, cause });
  }
}

function parseConfigText(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { where, detail, hint } = jsonFault(path, text);
    throw new AppError("bad_config", `${where}: ${detail}`, { hint, cause });
  }
}

/** `where` is the file with line and column. */
export type ConfigFault = { where: string; detail: string; hint: string | null };

/** The fault of a text that `JSON.parse` rejects. */
export function jsonFault(path: string, text: string): ConfigFault & { hint: string } {
  if (text.trim() === "")
    return { where: path, detail: "not JSON: the file is empty", hint: "write {} into it, or remove it" };
  const { offset, detail } = placesIn(text).fault ?? { offset: 0, detail: "it cannot be parsed" };
  return {
    where: placeName(path, text, offset),
    detail: `not JSON: ${detail}`,
    hint: "correct the file or move it away",
  };
}

export function placeName(path: string, text: string, offset: number): string {
  const { line, column } = lineAndColumn(text, offset);
  return `${path} line ${line}, column ${column}`;
}
