import * as z from "zod";
import type { Written } from "../../schema/api-content.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { feedQueries } from "../../store/queries/feed.ts";
import type { FeedFilter } from "../../store/queries/feed-filter.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { fromCursor, times, toCursor } from "./answer.ts";

const Before = z.tuple([z.literal("time"), z.int(), z.int(), z.string().optional()]);

export function metricsHandlers(deps: ViewerDeps) {
  const feed = feedQueries(deps.reader);

  return {
    "GET /api/metrics": ({ query }) => {
      const { zone, from_unix_ms, until_unix_ms } = times(deps, query);
      const filter: FeedFilter = {
        ...query,
        from_unix_ms,
        until_unix_ms,
        tags: query.tags?.split(",").map((t) => t.trim()),
      };
      const at = fromCursor(query.cursor, Before);
      const page = feed.newest(
        filter,
        at && { time_unix_ms: at[1], seq: at[2], id: at[3] ?? "" },
        query.limit,
      );
      const next = page.next_before;
      const next_cursor =
        next === null ? null : toCursor(["time", next.time_unix_ms, next.seq, ...(next.id ? [next.id] : [])]);
      return { data: page.events, time_zone: zone, next_cursor };
    },
    "POST /api/metrics/export": ({ body }) => {
      const { from_unix_ms, until_unix_ms } = times(deps, body);
      const pages = feed.ascending({ ...body, from_unix_ms, until_unix_ms });
      return body.format === "csv" ? attached("text/csv", pages) : attached("application/x-ndjson", pages);
    },
  } satisfies Partial<Handlers>;
}

const EXTENSIONS = { "text/csv": "csv", "application/x-ndjson": "ndjson" } as const;

function attached<Type extends keyof typeof EXTENSIONS>(content_type: Type, pages: Iterable<FeedEvent[]>) {
  const extension = EXTENSIONS[content_type];
  return {
    content_type,
    body: toStream(exportText(pages, extension)) as Written<Type>,
    headers: { "Content-Disposition": `attachment; filename="hall-monitor.${extension}"` },
  };
}

const CSV_COLUMNS = [
  "seq",
  "event_id",
  "event_type",
  "event_category",
  "source",
  "origin",
  "session_id",
  "project_path",
  "time_unix_ms",
  "agent_id",
  "prompt_id",
  "tool_name",
  "tool_use_id",
  "data",
] as const satisfies readonly (keyof FeedEvent)[];

/** RFC 4180; a text that a spreadsheet would run as a formula is prefixed with an apostrophe. */
function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Events as text, a piece per window of the feed. Also what `hall-monitor export` writes. */
export function* exportText(pages: Iterable<FeedEvent[]>, format: "ndjson" | "csv"): Generator<string> {
  if (format === "csv") yield `${CSV_COLUMNS.join(",")}\r\n`;
  for (const events of pages) {
    const toLine = (e: FeedEvent) =>
      format === "csv"
        ? `${CSV_COLUMNS.map((name) => cell(e[name])).join(",")}\r\n`
        : `${JSON.stringify(e)}\n`;
    yield events.map(toLine).join("");
  }
}

/** Continues only when the socket has accepted the previous piece. */
function toStream(pieces: Generator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      for (let next = pieces.next(); !next.done; next = pieces.next())
        if (next.value !== "") return controller.enqueue(encoder.encode(next.value));
      controller.close();
    },
    cancel: () => void pieces.return(undefined),
  });
}
