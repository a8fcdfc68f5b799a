import * as z from "zod";
import type { SearchHit, Transcript, TranscriptItem } from "../../schema/api-texts.ts";
import type { RouteRequest } from "../../schema/api-types.ts";
import { AppError } from "../../schema/errors.ts";
import { headline } from "../../schema/headline.ts";
import { projectName } from "../../schema/projects.ts";
import { searchQueries } from "../../store/queries/search.ts";
import { sessionQueries } from "../../store/queries/sessions.ts";
import { type TextAt, type TextRow, textCounts, textQueries } from "../../store/queries/texts.ts";
import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { fromCursor, instant, times, toCursor } from "./answer.ts";
import { sessionKey } from "./session-shape.ts";

const Edge = z.tuple([z.enum(["before", "after"]), z.int(), z.int()]);
const Older = z.tuple([z.literal("text"), z.int(), z.int(), z.int()]);
type Texts = ReturnType<typeof textQueries>;

/** Transcript and search: one session's conversation, and results from all sessions. */
export function textHandlers(deps: ViewerDeps) {
  const texts = textQueries(deps.reader);
  const countsOf = textCounts(deps.reader);
  const sessions = sessionQueries(deps.reader);
  const search = searchQueries(deps.reader);
  return {
    "GET /api/sessions/:id/transcript": ({ params, query }) => {
      const row = sessions.find(params.id);
      if (!row) throw new AppError("not_found", `Session ${params.id} not found`);
      const counts = query.cursor === undefined ? countsOf(row.session_pk, query.agent_id) : null;
      const page = transcriptPage(texts, row.session_pk, query);
      return { data: { session_key: sessionKey(row), ...page, counts } };
    },
    "GET /api/search": ({ query }) => found(deps, search, texts, query),
  } satisfies Partial<Handlers>;
}

type TranscriptQuery = RouteRequest<"GET /api/sessions/:id/transcript">["query"];

function transcriptPage(
  texts: Texts,
  pk: number,
  request: TranscriptQuery,
): Omit<Transcript, "session_key" | "counts"> {
  const { limit } = request;
  const page = (edge: TextAt | undefined, way: "before" | "after", n: number) =>
    texts.page(pk, edge, way, request, n);
  let rows: TextRow[];
  const edge = fromCursor(request.cursor, Edge);
  if (edge) rows = page({ time_unix_ms: edge[1], text_pk: edge[2] }, edge[0], limit);
  else if (request.around !== undefined) {
    const at = texts.placeOf(pk, Number(request.around));
    if (!at) throw new AppError("not_found", `Text ${request.around} not found in this session`);
    const half = Math.floor(limit / 2);
    const before = page(at, "before", half);
    rows = [...before, ...page({ ...at, text_pk: at.text_pk - 1 }, "after", limit - before.length)];
  } else rows = page(undefined, request.from === "end" ? "before" : "after", limit);
  const [first, last] = [rows[0], rows.at(-1)];
  const cursor = (way: "before" | "after", of: TextRow | undefined) =>
    of && page(of, way, 1).length > 0 ? toCursor([way, of.time_unix_ms, of.text_pk]) : null;
  return {
    items: rows.map((row) => toItem(row, texts)),
    before_cursor: cursor("before", first),
    after_cursor: cursor("after", last),
    is_complete: texts.isComplete(pk),
  };
}

function toItem(row: TextRow, { textOf }: Pick<Texts, "textOf">): TranscriptItem {
  const { text_pk, chunk_pk, chunk_start, chunk_chars, is_error, ...rest } = row;
  const text = textOf({ chunk_pk, chunk_start, chunk_chars });
  return { id: String(text_pk), ...rest, is_error: is_error === 1, text };
}

function found(
  deps: ViewerDeps,
  search: ReturnType<typeof searchQueries>,
  texts: Texts,
  { cursor, since, until, q, role, ...scope }: RouteRequest<"GET /api/search">["query"],
) {
  const { zone } = times(deps, scope);
  const place = fromCursor(cursor, Older);
  const page = {
    ...scope,
    q,
    role,
    from_unix_ms: instant("since", since, zone, "start"),
    until_unix_ms: instant("until", until, zone, "end"),
    after: place && { before: place[1], skip: place[2], shown: place[3] },
  };
  const { found, next } = search.texts(page);
  const isNarrow = role ?? scope.tool_name ?? scope.failed;
  const titles = cursor === undefined && isNarrow === undefined ? search.titles(page) : [];
  const hits: SearchHit[] = [
    ...titles.map(({ project_path, title, ...hit }) => ({
      kind: "title" as const,
      id: null,
      agent_id: "",
      tool_name: null,
      is_error: false,
      ...hit,
      project: project_path === null ? null : projectName(project_path),
      title: headline(title),
    })),
    ...found.map((row) => ({
      kind: row.role,
      id: String(row.text_pk),
      session_key: row.session_key,
      source: row.source,
      project: row.project_path === null ? null : projectName(row.project_path),
      title: headline(row.title),
      agent_id: row.agent_id,
      tool_name: row.tool_name,
      is_error: row.is_error === 1,
      time_unix_ms: row.time_unix_ms,
      snippet: row.snippet,
      marks: row.marks,
    })),
  ];
  return {
    data: { hits, unread_files: texts.unreadFiles() },
    time_zone: zone,
    next_cursor: next === null ? null : toCursor(["text", next.before, next.skip, next.shown]),
  };
}
