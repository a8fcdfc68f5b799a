import * as z from "zod";
import { EVENT_TYPE_NAMES, ORIGINS, SOURCES } from "../schema/events.ts";
import { REJECT_REASONS, SAMPLE_ORIGINS, SESSION_RELATIONS, TOOL_OUTCOMES } from "../schema/row-values.ts";
import { TEXT_RECORDS, TEXT_ROLES } from "../schema/texts.ts";
import type { Archived, Column, Table } from "./table.ts";
import { ARCHIVED, type ArchivedTable } from "./tables.ts";

const count = z.int().nonnegative();
/** Absent fields are those that were null. */
const FORMS = {
  text: z.string(),
  id: z.string().min(1),
  text_or_empty: z.string().default(""),
  maybe_text: z.string().exactOptional(),
  int: z.int(),
  count,
  count_or_0: count.default(0),
  seq: count.exactOptional(),
  maybe_int: z.int().exactOptional(),
  number: z.number(),
  maybe_number: z.number().exactOptional(),
  number_or_null: z.number().nullable().default(null),
  int_or_null: z.int().nullable().default(null),
  text_or_null: z.string().nullable().default(null),
  source: z.enum(SOURCES),
  maybe_source: z.enum(SOURCES).exactOptional(),
  origin: z.enum(ORIGINS),
  sample_origin: z.enum(SAMPLE_ORIGINS),
  event_type: z.enum(EVENT_TYPE_NAMES),
  outcome: z.enum(TOOL_OUTCOMES),
  role: z.enum(TEXT_ROLES),
  record: z.enum(TEXT_RECORDS).exactOptional(),
  relation: z.enum(SESSION_RELATIONS).exactOptional(),
  reason: z.enum(REJECT_REASONS),
  json: z.record(z.string(), z.unknown()),
} as const;
/** The form of a value in a line. */
export type LineKind = keyof typeof FORMS;
export type LineValue<L extends LineKind> = z.output<(typeof FORMS)[L]>;

type ShapeOf<T extends Table & { archive: Archived }> = z.ZodObject<
  { kind: z.ZodLiteral<T["archive"]["kind"]> } & {
    [K in keyof T["columns"] as T["columns"][K] extends { line: LineKind } ? K : never]: FormOf<
      T["columns"][K]
    >;
  }
>;
type FormOf<C> = C extends { line: infer L extends LineKind } ? (typeof FORMS)[L] : never;
type AnyShape = ArchivedTable extends infer T
  ? T extends Table & { archive: Archived }
    ? ShapeOf<T>
    : never
  : never;

/** A line of the archive, read back. */
export type ArchiveLine = z.infer<AnyShape>;
export type RequestLine = Extract<ArchiveLine, { kind: "request" }>;
export type EventLine = Extract<ArchiveLine, { kind: "event" }>;

function shapeOf({ archive, columns }: Table & { archive: Archived }) {
  const forms = Object.entries<Column>(columns).flatMap(([name, { line }]) =>
    line === undefined ? [] : [[name, FORMS[line]] as const],
  );
  return z.object({ kind: z.literal(archive.kind), ...Object.fromEntries(forms) });
}
const [first, ...others] = ARCHIVED.map(shapeOf);
const Line = z.discriminatedUnion("kind", [first!, ...others]);

/** `position`: where in the sequence the line was written. */
export type PlacedLine = { line: ArchiveLine; position: number; is_changed: boolean };

/** Undefined for anything but an intact line of the archive; `text` is without its checksums. */
export function toArchiveLine(text: string): PlacedLine | undefined {
  try {
    const value = JSON.parse(text) as { seq?: unknown; after_seq?: unknown };
    const line = Line.safeParse(value).data as ArchiveLine | undefined;
    if (!line) return undefined;
    const position = Number(value.after_seq ?? value.seq ?? 0);
    return { line, position, is_changed: value.after_seq !== undefined };
  } catch {
    return undefined;
  }
}
