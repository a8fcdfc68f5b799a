import type { Database } from "bun:sqlite";
import type { SourceName } from "../../schema/event-names.ts";
import { folded, parseSearch, type SearchWords } from "../../schema/search-text.ts";
import type { TextRole } from "../../schema/texts.ts";
import { INDEXED_CHARS } from "../commit-texts.ts";
import { textReader } from "../texts.ts";
import { likePattern, type Params, type Scope, sessionConditions } from "./scope.ts";
import { TEXT_COLUMNS, type TextRow } from "./texts.ts";

/** Newest matches that are weighed against each other for one page. */
const WEIGHED = 120;
const MOST_TITLES = 10;
const SNIPPET_CHARS = 240;
/** What a person looks for stands in what was asked and answered rather than in what a tool printed. */
const WEIGHTS: Record<TextRole, number> = {
  prompt: 4,
  answer: 3,
  tool_input: 2,
  thinking: 1.5,
  tool_output: 1,
  context: 0.5,
};
/** Of two equally good matches the newer is wanted; the oldest weighed one counts so much less. */
const AGE_WEIGHT = 0.5;

/** Of the newest matches stored before `before` (absent = all), so many were shown. */
export type SearchPlace = { before: number | null; shown: number };

export type SearchPage = Scope & {
  q: string;
  role?: readonly TextRole[] | undefined;
  tool_name?: string | undefined;
  failed?: boolean | undefined;
  from_unix_ms?: number | undefined;
  until_unix_ms?: number | undefined;
  /** Where the page before has stopped. */
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
export type Snippet = { snippet: string; marks: [number, number][] };
export type FoundTitle = Of & Snippet & { time_unix_ms: number };

const OF_SESSION = `s.source || ':' || s.source_session_id as session_key, s.source, s.project_path,
  coalesce(s.title, (select t.prompt from turns t where t.session_pk = s.session_pk and t.prompt <> ''
    order by t.started_unix_ms limit 1)) as title`;

/** Full text of everything that was kept of conversations, and the titles as they are shown. */
export function searchQueries(db: Database) {
  const { textOf } = textReader(db);

  function titles(page: SearchPage): FoundTitle[] {
    const { words } = parseSearch(page.q);
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
      .map((row) => ({ ...row, ...snippetOf(row.title ?? "", parseSearch(page.q)) }));
  }

  function matching(page: SearchPage, asked: SearchWords): (TextRow & Of)[] {
    const where = ["text_index match $match"];
    const { sql, params } = sessionConditions(db, page);
    const bound: Params = { ...params, match: toMatch(asked), limit: WEIGHED };
    const add = (condition: string, values: Params) => {
      where.push(condition);
      Object.assign(bound, values);
    };
    if (sql) where.push(sql);
    const before = page.after?.before;
    if (before !== undefined && before !== null) add("i.rowid < $before", { before });
    if (page.role)
      add("x.role in (select value from json_each($roles))", { roles: JSON.stringify(page.role) });
    if (page.from_unix_ms !== undefined) add("x.time_unix_ms >= $from", { from: page.from_unix_ms });
    if (page.until_unix_ms !== undefined) add("x.time_unix_ms < $until", { until: page.until_unix_ms });
    const call = "from tool_calls t where t.session_pk = x.session_pk and t.tool_use_id = x.tool_use_id";
    if (page.tool_name !== undefined)
      add(`exists (select 1 ${call} and t.tool_name = $tool collate nocase)`, { tool: page.tool_name });
    if (page.failed) where.push(`(x.is_error = 1 or exists (select 1 ${call} and t.outcome = 'failed'))`);
    return db
      .query<TextRow & Of, Params>(
        `select ${TEXT_COLUMNS}, ${OF_SESSION} from text_index i join texts x on x.text_pk = i.rowid
         join sessions s on s.session_pk = x.session_pk
         where ${where.join(" and ")} order by i.rowid desc limit $limit`,
      )
      .all(bound);
  }

  return {
    titles,
    /** Best first among the newest matches; `next` leads on to older ones. */
    texts(page: SearchPage): { found: Found[]; next: SearchPlace | null } {
      const asked = parseSearch(page.q);
      if (asked.words.length === 0) return { found: [], next: null };
      const rows = matching(page, asked);
      const scored = rows.flatMap((row, i) => {
        const text = textOf(row);
        const plain = folded(text.slice(0, INDEXED_CHARS));
        const isThere = (phrase: string[]) =>
          hasPhrase(plain, phrase) || (text.length > INDEXED_CHARS && hasPhrase(folded(text), phrase));
        if (!asked.phrases.every(isThere)) return [];
        const age = 1 - (AGE_WEIGHT * i) / WEIGHED;
        return [{ row, text, score: WEIGHTS[row.role] * closeness(plain, asked) * age }];
      });
      scored.sort((a, b) => b.score - a.score || b.row.text_pk - a.row.text_pk);
      const from = page.after?.shown ?? 0;
      const shown = scored.slice(from, from + page.limit);
      const oldest = rows.length === WEIGHED ? (rows.at(-1)?.text_pk ?? null) : null;
      const isMoreHere = scored.length > from + page.limit;
      const further = oldest === null ? null : { before: oldest, shown: 0 };
      return {
        found: shown.map(({ row, text }) => ({ ...row, ...snippetOf(text, asked) })),
        next: isMoreHere ? { before: page.after?.before ?? null, shown: from + page.limit } : further,
      };
    },
  };
}

/** All words, in the syntax of the index; quotes keep it from reading them as anything else. */
function toMatch({ words }: SearchWords): string {
  return words.map(({ word, is_prefix }) => `"${word}"${is_prefix ? "*" : ""}`).join(" AND ");
}

const BETWEEN = "[^\\p{L}\\p{N}_]+";
const escaped = (word: string) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function hasPhrase(plain: string, phrase: readonly string[]): boolean {
  const pattern = `(?<![\\p{L}\\p{N}_])${phrase.map(escaped).join(BETWEEN)}(?![\\p{L}\\p{N}_])`;
  return new RegExp(pattern, "u").test(plain);
}

/** More for words that stand often in a short text, and near its beginning. */
function closeness(plain: string, { words }: SearchWords): number {
  let sum = 0;
  for (const { word } of words) {
    const first = plain.indexOf(word);
    if (first < 0) continue;
    const again = plain.indexOf(word, first + word.length) >= 0 ? 1.3 : 1;
    sum += again / (1 + Math.log2(1 + first / 200));
  }
  return sum / (1 + Math.log10(1 + plain.length / 500));
}

/** The piece of the text where most of the words are, with the places of them in it. */
function snippetOf(text: string, { words }: SearchWords): Snippet {
  const plain = folded(text.slice(0, INDEXED_CHARS));
  const first = Math.max(
    0,
    Math.min(...words.map(({ word }) => plain.indexOf(word)).filter((at) => at >= 0), plain.length),
  );
  const start = first >= plain.length ? 0 : Math.max(0, first - SNIPPET_CHARS / 4);
  const piece = text.slice(start, start + SNIPPET_CHARS).toWellFormed();
  const inPiece = plain.slice(start, start + SNIPPET_CHARS);
  const marks: [number, number][] = [];
  for (const { word } of words)
    for (
      let at = inPiece.indexOf(word);
      at >= 0 && marks.length < 20;
      at = inPiece.indexOf(word, at + word.length)
    )
      marks.push([at, at + word.length]);
  return { snippet: piece, marks: marks.sort((a, b) => a[0] - b[0]) };
}
