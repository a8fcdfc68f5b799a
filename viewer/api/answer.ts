import type * as z from "zod";
import { AppError } from "../../schema/errors.ts";
import { type PlainIssue, plainIssues } from "../../schema/plain-issue.ts";
import { SCHEMA_VERSION } from "../../schema/version.ts";
import { createJudged, type Judged } from "../../store/judged/judged.ts";
import { bundledBook, editionOf } from "../../store/price-book.ts";
import { toInstant } from "../../store/queries/zone.ts";
import type { Ctx, ViewerDeps } from "../deps.ts";

const MAX_BODY_BYTES = 1024 * 1024;

export const judgedOf = (deps: ViewerDeps): Judged =>
  deps.judged ?? createJudged(deps.reader, deps.book ?? bundledBook());

/** The envelope around a handler's reply. */
export function toAnswer(deps: ViewerDeps, reply: { data: unknown }): unknown {
  const { data, ...rest } = reply;
  return {
    schema_version: SCHEMA_VERSION,
    generated_at: new Date(deps.now?.() ?? Date.now()).toISOString(),
    time_zone: deps.config.time_zone,
    price_book: editionOf(deps.book ?? bundledBook()),
    ...rest,
    data,
  };
}

/** Faults for which a schema has no text of its own. */
const PLAIN = new Set(["invalid_type", "invalid_value", "too_big", "too_small"]);

function refuse({ issues }: z.ZodError, value: unknown): never {
  const [issue] = issues;
  const [plain] = plainIssues(issues.slice(0, 1), value);
  throw new AppError("bad_request", detailOf(issue, plain), { hint: "see /openapi.json", hint_for: "api" });
}

function detailOf(issue: z.core.$ZodIssue | undefined, plain: PlainIssue | undefined): string {
  if (issue?.code === "unrecognized_keys")
    return `${issue.keys.join(", ")}: is not a parameter of this route`;
  const name = issue?.path.join(".") || "the body";
  if (issue?.code === "invalid_type" && issue.path.length === 0) return `${name}: is not a JSON object`;
  return plain && issue && PLAIN.has(issue.code) ? plain.detail : `${name}: ${issue?.message}`;
}

/** The validated query string; a repeated parameter is rejected. */
export function query<T extends z.ZodObject>(c: Ctx, schema: T): z.infer<T> {
  const values: Record<string, string> = Object.create(null);
  for (const [name, all] of Object.entries(c.req.queries())) {
    if (all.length > 1) throw new AppError("bad_request", `${name}: is given more than once`);
    values[name] = all[0] ?? "";
  }
  const parsed = schema.safeParse({ ...values });
  return parsed.success ? parsed.data : refuse(parsed.error, values);
}

export function params<T extends z.ZodObject>(c: Ctx, schema: T): z.infer<T> {
  const parsed = schema.safeParse(c.req.param());
  return parsed.success ? parsed.data : refuse(parsed.error, c.req.param());
}

/** The validated JSON body; no body is `{}`. */
export async function body<T extends z.ZodObject>(c: Ctx, schema: T): Promise<z.infer<T>> {
  const bytes = await readBody(c.req.raw, MAX_BODY_BYTES);
  const text = bytes.toString("utf8");
  let value: unknown = {};
  try {
    if (text !== "") value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("bad_request", "the body: is not JSON", { cause });
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : refuse(parsed.error, value);
}

/** Stops at the limit, whatever length was announced. */
export async function readBody(request: Request, limit: number): Promise<Buffer> {
  const refuse = () => new AppError("too_large", `The body is larger than ${limit} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw refuse();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > limit) throw refuse();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export type Times = {
  start_time?: string | undefined;
  end_time?: string | undefined;
  time_zone?: string | undefined;
};

/** The requested times as instants in the requested zone. */
export function times(deps: ViewerDeps, range: Times) {
  const zone = range.time_zone ?? deps.config.time_zone;
  const from_unix_ms = instant("start_time", range.start_time, zone, "start");
  const until_unix_ms = instant("end_time", range.end_time, zone, "end");
  if (from_unix_ms !== undefined && until_unix_ms !== undefined && until_unix_ms < from_unix_ms)
    throw new AppError("bad_request", "end_time: is before start_time");
  return { zone, from_unix_ms, until_unix_ms };
}

/** Year 9999: a later time is a mistake, and calendars need not be computed that far. */
const LAST_UNIX_MS = 253_402_300_799_999;

export function instant(
  name: string,
  text: string | undefined,
  zone: string,
  edge: "start" | "end",
): number | undefined {
  if (text === undefined) return undefined;
  try {
    const at = toInstant(text, zone, edge);
    if (Math.abs(at) <= LAST_UNIX_MS) return at;
  } catch {
    // A day that the calendar does not have; reported below.
  }
  throw new AppError("bad_request", `${name}: ${text} is not a time`);
}

export function toCursor(parts: (string | number)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** The output of `toCursor`; anything else is rejected. */
export function fromCursor<T extends z.ZodType>(
  cursor: string | undefined,
  schema: T,
): z.infer<T> | undefined {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch (cause) {
    throw new AppError("bad_request", "cursor: is not a cursor of this route", { cause });
  }
}
