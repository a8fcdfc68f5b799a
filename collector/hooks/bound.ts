/**
 * Limits the size of an event's `data`. A truncated text ends in `…`, with its length in `<field>_bytes`; a truncated
 * list has `<field>_count`; an omitted field leaves its `<field>_bytes`.
 */
const TEXT_LIMITS = [2000, 500, 100] as const;
const DATA_LIMIT_BYTES = 16 * 1024;
const LIST_LIMIT = 50;
const FIELD_LIMIT = 100;
const FIELD_NAME_LIMIT = 100;
const DEPTH_LIMIT = 8;
const PREVIEW_LIMIT = 200;
const PRINT_DEPTH_LIMIT = 500;

type Fields = Record<string, unknown>;

/** The same fields within 16 KiB of JSON. */
export function toBounded(fields: Fields): Fields {
  let bounded: Fields = {};
  for (const limit of TEXT_LIMITS) {
    bounded = cutFields(fields, limit, 0);
    if (sizeOf(bounded) <= DATA_LIMIT_BYTES) return bounded;
  }
  return leaveOutLargest(bounded, fields);
}

/** Bytes of a text, or of a value's JSON, and its first 200 characters. */
export function toPreview(value: unknown): { bytes: number; preview: string } {
  const text = toText(value);
  return { bytes: Buffer.byteLength(text), preview: cutText(text, PREVIEW_LIMIT) };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(toText(value));
}

function toText(value: unknown): string {
  if (typeof value === "string") return value;
  // JSON.stringify needs seconds to exhaust the stack on a value that JSON.parse creates in milliseconds.
  return isNestedBeyond(value, PRINT_DEPTH_LIMIT) ? "" : (JSON.stringify(value) ?? "");
}

function isNestedBeyond(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isNestedBeyond(inner, depth - 1));
}

function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // Half a surrogate pair is not a character.
  const end = /[\uD800-\uDBFF]/.test(text[limit - 1] ?? "") ? limit - 1 : limit;
  return `${text.slice(0, end)}…`;
}

function cutFields(fields: Fields, limit: number, depth: number): Fields {
  const all = Object.entries(fields);
  const kept: [string, unknown][] = [];
  for (const [name, value] of all.slice(0, FIELD_LIMIT)) {
    kept.push([name, cutValue(value, limit, depth)]);
    if (typeof value === "string" && value.length > limit)
      kept.push([`${name}_bytes`, Buffer.byteLength(value)]);
    if (Array.isArray(value) && value.length > LIST_LIMIT) kept.push([`${name}_count`, value.length]);
  }
  if (all.length > FIELD_LIMIT) kept.push(["field_count", all.length]);
  // An assignment to a field named __proto__ would set the prototype; fromEntries defines it.
  return Object.fromEntries(kept);
}

function cutValue(value: unknown, limit: number, depth: number): unknown {
  if (typeof value === "string") return cutText(value, limit);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_LIMIT) return "…";
  if (Array.isArray(value)) return value.slice(0, LIST_LIMIT).map((item) => cutValue(item, limit, depth + 1));
  return cutFields(value as Fields, limit, depth + 1);
}

function leaveOutLargest(bounded: Fields, whole: Fields): Fields {
  const bySize = Object.entries(bounded)
    .map(([name, value]) => ({ name, bytes: sizeOf(value) + name.length }))
    .sort((a, b) => b.bytes - a.bytes);
  const kept = new Map(Object.entries(bounded));
  for (const { name } of bySize) {
    kept.delete(name);
    if (name.length <= FIELD_NAME_LIMIT) kept.set(`${name}_bytes`, sizeOf(whole[name]));
    const fields = Object.fromEntries(kept);
    if (sizeOf(fields) <= DATA_LIMIT_BYTES) return fields;
  }
  return {};
}
