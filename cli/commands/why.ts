import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { AppError } from "../../schema/errors.ts";
import { SCHEMA_VERSION } from "../../schema/version.ts";
import { openReader } from "../../store/database.ts";
import { editionOf, loadPriceBook, type PriceBook } from "../../store/price-book.ts";
import { sessionQueries } from "../../store/queries/sessions.ts";
import { cut, startOfDay } from "../../store/queries/zone.ts";
import { type Command, flag, JSON_OPTION, text, type Values } from "../command.ts";
import { explainRequest, explainSum, type Reasons } from "../explain.ts";
import { timeZone } from "../moment.ts";
import { out, printJson } from "../print.ts";
import { fullId } from "../session-id.ts";
import { requestLines } from "../why-request.ts";
import { sumLines } from "../why-sum.ts";

const TOP = 10;
const MOST_TOP = 100_000;

export const why: Command = {
  positionals: ["request|session|day"],
  required: { what: "a request, a session or a day", hint: "for example `hall-monitor why today`" },
  options: {
    top: { type: "string", value: "N", what: `requests to list per model (default: ${TOP})` },
    timezone: {
      type: "string",
      value: "ZONE",
      what: "IANA time zone of the day (default: HALL_TIME_ZONE or the system's)",
    },
    json: JSON_OPTION,
  },
  more:
    "A request: its seq, its key, or the vendor's id. A session: its id or a prefix of it.\n" +
    "A day: 2026-11-20, or `today`. Amounts are whole nano-USD (billionths of a dollar), so every sum is exact.",
  run({ positionals, values, config }) {
    const [subject = ""] = positionals;
    const { data_dir, time_zone } = config();
    const zone = timeZone(values, time_zone);
    const db = openReader(data_dir);
    try {
      const book = loadPriceBook(join(data_dir, "config.json"));
      const found = find(db, book, subject, zone, topOf(values));
      if (found.kind === "request" && text(values, "top") !== undefined)
        throw new AppError("usage", "--top needs a session or a day, and this is one request");
      if (flag(values, "json")) printJson(toEnvelope(found, zone, book));
      else for (const line of linesOf(found, zone)) out(line);
      return 0;
    } finally {
      db.close();
    }
  },
};

type Found =
  | { kind: "request"; request: NonNullable<ReturnType<typeof explainRequest>> }
  | { kind: "session" | "day"; name: string; reasons: Reasons };

function find(db: Database, book: PriceBook, subject: string, zone: string, top: number): Found {
  const range = dayOf(subject, zone);
  if (range) {
    const reasons = explainSum(db, book, range, top);
    if (reasons.models.length === 0)
      throw new AppError("no_data", `No requests on ${range.name} (${zone})`, {
        hint: "`hall-monitor daily` lists days with usage",
      });
    return { kind: "day", name: range.name, reasons };
  }
  const request = explainRequest(db, book, subject);
  if (request) return { kind: "request", request };
  const session = sessionQueries(db).find(fullId(db, subject));
  if (session) {
    const reasons = explainSum(db, book, { session_pk: session.session_pk }, top);
    return { kind: "session", name: `${session.source}:${session.source_session_id}`, reasons };
  }
  throw new AppError("not_found", `No request, session or day matches ${subject}`, {
    hint: "`hall-monitor session` lists sessions, `hall-monitor daily` days",
  });
}

function dayOf(subject: string, zone: string) {
  const today = Temporal.Now.plainDateISO(zone);
  if (subject !== "today" && !/^\d{4}-\d{2}-\d{2}$/.test(subject)) return undefined;
  try {
    const day = subject === "today" ? today : Temporal.PlainDate.from(subject, { overflow: "reject" });
    const start = startOfDay(day, zone);
    const bucket = cut("day", { from_unix_ms: start, until_unix_ms: start + 1 }, zone)[0]!;
    return { name: bucket.bucket, from_unix_ms: bucket.bucket_unix_ms, until_unix_ms: bucket.until_unix_ms };
  } catch (cause) {
    throw new AppError("usage", `${subject} is not a valid date`, { cause });
  }
}

function topOf(values: Values): number {
  const written = text(values, "top");
  if (written === undefined) return TOP;
  const top = Number(written);
  if (/^\d+$/.test(written) && top <= MOST_TOP) return top;
  throw new AppError("usage", `--top=${written} is not a whole number up to ${MOST_TOP}`);
}

function toEnvelope(found: Found, time_zone: string, book: PriceBook) {
  const { kind } = found;
  const data = found.kind === "request" ? found.request : { name: found.name, ...found.reasons };
  return {
    schema_version: SCHEMA_VERSION,
    generated_at: new Date().toISOString(),
    time_zone,
    price_book: editionOf(book),
    data: { kind, ...data },
  };
}

function linesOf(found: Found, zone: string): string[] {
  return found.kind === "request"
    ? requestLines(found.request, zone)
    : sumLines(found.kind, found.name, found.reasons, zone);
}
