import type { Decoded } from "./wire.ts";

/** Text of an attribute that is kept: an id, a name or a word; never longer. */
const TEXT_CHARS = 200;
/** A thousand times today's largest context; beyond it a count is a fault of the sender. */
const MOST_COUNT = 1_000_000_000;

export type Attributes = {
  text(key: string): string;
  /** A whole number of the range of counts; undefined if absent, NaN if it is not one. */
  count(key: string): number | undefined;
  number(key: string): number | undefined;
  bool(key: string): boolean | undefined;
};

/** Either spelling of OTLP's JSON: `timeUnixNano` of the specification, `time_unix_nano` of older exporters. */
export function field(from: Decoded, name: string): unknown {
  const value = from[name];
  if (value !== undefined) return value;
  return from[snakes.get(name) ?? snakeCase(name)];
}

/** Few names are read, but from every record. */
const snakes = new Map<string, string>();

function snakeCase(name: string): string {
  const snake = name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  snakes.set(name, snake);
  return snake;
}

export function isObject(value: unknown): value is Decoded {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function listOf(from: Decoded, name: string): unknown[] {
  const value = field(from, name);
  return Array.isArray(value) ? value : [];
}

/** Attributes of a record, with those of its resource below them. */
export function attributesOf(list: unknown): Attributes {
  const values = new Map<string, unknown>();
  if (Array.isArray(list))
    for (const entry of list)
      if (isObject(entry) && typeof entry.key === "string" && isObject(entry.value))
        values.set(entry.key, scalarOf(entry.value));
  return {
    text(key) {
      const value = values.get(key);
      return typeof value === "string" ? clean(value) : typeof value === "number" ? String(value) : "";
    },
    count(key) {
      const value = toNumber(values.get(key));
      if (value === undefined) return undefined;
      return Number.isInteger(value) && value >= 0 && value <= MOST_COUNT ? value : Number.NaN;
    },
    number: (key) => toNumber(values.get(key)),
    bool(key) {
      const value = values.get(key);
      if (typeof value === "boolean") return value;
      return value === "true" ? true : value === "false" ? false : undefined;
    },
  };
}

/** `intValue` comes as a number or as a decimal string; both mean the same (O05). */
function scalarOf(any: Decoded): unknown {
  for (const name of ["stringValue", "boolValue", "doubleValue", "intValue"]) {
    const value = field(any, name);
    if (value !== undefined) return value;
  }
  return undefined;
}

export function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  return Number(value);
}

/** One line, and no longer than a name: nothing that could be a prompt or a file. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.slice(0, TEXT_CHARS).replace(/[\u0000-\u001f\u007f]/g, " ");
}

/** Nanoseconds since 1970 as milliseconds; undefined if unset, which exporters write as 0. */
export function toUnixMs(nanos: unknown): number | undefined {
  const value = toNumber(nanos);
  return value !== undefined && value > 0 ? Math.floor(value / 1e6) : undefined;
}
