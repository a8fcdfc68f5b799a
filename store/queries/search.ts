import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/event-names.ts";
import { folded, parseSearch, type SearchWords } from "../../schema/search-text.ts";
import type { TextRole } from "../../schema/texts.ts";
import { INDEXED_CHARS } from "../commit-texts.ts";
import { textReader } from "../texts.ts";
import { likePattern, type Params, type Scope, sessionConditions } from "./scope.ts";
import {
  BLOCK,
  closeness,
  hasPhrase,
  inOrder,
  type Match,
  nextPlace,
  type Scored,
  type SearchPlace,
  SLICE,
  type Snippet,
  snippetOf,
} from "./search-rank.ts";
import { SESSION_TITLE } from "./session-title.ts";
import { TEXT_COLUMNS, type TextRow } from "./texts.ts";
import { shownText } from "./tool-input-text.ts";

/** Slices that are passed through for one page. */
const MOST_SLICES = 20;
const MOST_TITLES = 10;

export type SearchPage = Scope & {
  q: string;
  role?: readonly TextRole[] | undefined;
  tool_name?: string | undefined;
  failed?: boolean | undefined;
  from_unix_ms?: number | undefined;
  until_unix_ms?: number | undefined;
  /** End of the previous page. */
  after?: SearchPlace | undefined;
  limit: number;
};

type Of = {
  session_key: string;
  source: SourceName;
  project_path: string | null;
  title: string | null;
};
export type Found = Of &
  Pick<TextRow, "text_pk" | "agent_id" | "role" | "tool_name" | "is_error" | "time_unix_ms"> &
  Snippet;
export type FoundTitle = Of & Snippet & { time_unix_ms: number };

const OF_SESSION = `s.source || ':' || s.source_session_id as session_key, s.source, s.project_path,
  ${SESSION_TITLE} as title`;

/** Full-text search of all stored texts, and of titles as they are shown. */
export function searchQueries(db: Database) {
  const matching = matches(db);
  const weigh = weighing(db);

  return {
    titles: titleSearch(db),
    /** Best first among the newest matches; `next` continues with others and older ones. */
    texts(page: SearchPage): { found: Found[]; next: SearchPlace | null } {
      const parsed = parseSearch(page.q);
      if (parsed.words.length === 0) return { found: [], next: null };
      let block = inOrder(matching(page, parsed, page.after?.before ?? null));
      let place: SearchPlace | null = page.after ?? { before: block.before, skip: 0, shown: 0 };
      const found: Found[] = [];
      for (let slices = 0; place && found.length < page.limit && slices < MOST_SLICES; slices++) {
        const slice = weigh(block.matches.slice(place.skip, place.skip + SLICE), parsed);
        const shown = slice.slice(place.shown, place.shown + page.limit - found.length);
        for (const { row, text } of shown) found.push({ ...row, ...snippetOf(shownText(row, text), parsed) });
        const next = nextPlace(place, slice.length, shown.length, block);
        if (next?.skip === 0 && next.shown === 0) block = inOrder(matching(page, parsed, next.before));
        place = next;
      }
      return { found, next: place };
    },
  };
}

function titleSearch(db: Database) {
  return (page: SearchPage): FoundTitle[] => {
    const parsed = parseSearch(page.q);
    const { words } = parsed;
    if (words.length === 0) return [];
    const { sql, params } = sessionConditions(db, page);
    const likes = words.map((_, i) => `title like $w${i} escape '\\'`).join(" and ");
    const bound = Object.fromEntries(words.map(({ word }, i) => [`w${i}`, likePattern(word)]));
    return db
      .query<Of & { time_unix_ms: number }, Params>(
        `select * from (select ${OF_SESSION}, coalesce(s.last_unix_ms, 0) as time_unix_ms from sessions s
           where s.source_session_id <> '' and s.source_session_id not like 'doctor-%' and ${sql || "true"})
         where ${likes} order by time_unix_ms desc limit ${MOST_TITLES}`,
      )
      .all({ ...params, ...bound })
      .map((row) => ({ ...row, ...snippetOf(row.title ?? "", parsed) }));
  };
}

const CALL = "from tool_calls t where t.session_pk = x.session_pk and t.tool_use_id = x.tool_use_id";

/** A block of texts with all words, newest first. */
function matches(db: Database) {
  return (page: SearchPage, parsed: SearchWords, before: number | null): Match[] => {
    const where = ["text_index match $match"];
    const { sql, params } = sessionConditions(db, page);
    const bound: Params = { ...params, match: toMatch(parsed), limit: BLOCK };
    const add = (condition: string, values: Params) => {
      where.push(condition);
      Object.assign(bound, values);
    };
    if (sql) where.push(sql);
    if (before !== null) add("i.rowid < $before", { before });
    if (page.role)
      add("x.role in (select value from json_each($roles))", { roles: JSON.stringify(page.role) });
    if (page.from_unix_ms !== undefined) add("x.time_unix_ms >= $from", { from: page.from_unix_ms });
    if (page.until_unix_ms !== undefined) add("x.time_unix_ms < $until", { until: page.until_unix_ms });
    if (page.tool_name !== undefined)
      add(`exists (select 1 ${CALL} and t.tool_name = $tool collate nocase)`, { tool: page.tool_name });
    if (page.failed) where.push(`(x.is_error = 1 or exists (select 1 ${CALL} and t.outcome = 'failed'))`);
    return db
      .query<Match, Params>(
        `select x.text_pk, x.role, x.chunk_chars from text_index i join texts x on x.text_pk = i.rowid
         join sessions s on s.session_pk = x.session_pk
         where ${where.join(" and ")} order by i.rowid desc limit $limit`,
      )
      .all(bound);
  };
}

/** Matches with every phrase, best first. */
function weighing(db: Database) {
  const { textOf } = textReader(db);
  const rowsOf = db.query<TextRow & Of, [string]>(
    `select ${TEXT_COLUMNS}, ${OF_SESSION} from texts x join sessions s on s.session_pk = x.session_pk
     where x.text_pk in (select value from json_each(?))`,
  );
  return (scored: readonly Scored[], parsed: SearchWords) => {
    const scores = new Map(scored.map(({ text_pk, score }) => [text_pk, score]));
    const rows = rowsOf.all(JSON.stringify([...scores.keys()]));
    // Texts of one chunk are opened together.
    const weighed = rows.flatMap((row) => {
      const text = textOf(row);
      const plain = folded(text.slice(0, INDEXED_CHARS));
      const isThere = (phrase: string[]) =>
        hasPhrase(plain, phrase) || (text.length > INDEXED_CHARS && hasPhrase(folded(text), phrase));
      if (!parsed.phrases.every(isThere)) return [];
      return [{ row, text, score: scores.get(row.text_pk)! * closeness(plain, parsed) }];
    });
    return weighed.sort((a, b) => b.score - a.score || b.row.text_pk - a.row.text_pk);
  };
}

/** All words, in the syntax of the index; quotes prevent any other interpretation. */
function toMatch({ words }: SearchWords): string {
  return words.map(({ word, is_prefix }) => `"${word}"${is_prefix ? "*" : ""}`).join(" AND ");
}
