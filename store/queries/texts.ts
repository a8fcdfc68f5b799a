import type { Database } from "bun:sqlite";
import type { TextRole } from "../../schema/texts.ts";
import { sqlNames, VENDOR_NAMES } from "../../schema/vendors.ts";
import { type TextPlace, textReader } from "../texts.ts";
import type { Params } from "./scope.ts";

export type TextRow = TextPlace & {
  text_pk: number;
  agent_id: string;
  role: TextRole;
  prompt_id: string | null;
  tool_use_id: string | null;
  tool_name: string | null;
  is_error: number;
  time_unix_ms: number;
  whole_chars: number | null;
};
export type TextAt = { time_unix_ms: number; text_pk: number };
export type TextFilter = { agent_id?: string | undefined; role?: readonly TextRole[] | undefined };

export const TEXT_COLUMNS = `x.text_pk, x.agent_id, x.role, x.prompt_id, x.tool_use_id, x.is_error, x.time_unix_ms,
  x.whole_chars, x.chunk_pk, x.chunk_start, x.chunk_chars, coalesce(x.tool_name, (
    select t.tool_name from tool_calls t where t.session_pk = x.session_pk and t.tool_use_id = x.tool_use_id limit 1
  )) as tool_name`;

/** Files that were read further for figures than for texts. */
const UNREAD = `f.state <> 'deleted' and f.offset >
  coalesce((select c.offset from text_cursors c where c.path = f.path), 0)`;

/** Rows of one session in the order of time. */
export function textQueries(db: Database) {
  const { textOf } = textReader(db);
  const at = db.query<TextAt, [number, number]>(
    "select time_unix_ms, text_pk from texts where session_pk = ? and text_pk = ?",
  );
  const unread = db.query<{ files: number }, []>(
    `select count(*) as files from files f where f.source in (${sqlNames(VENDOR_NAMES)}) and ${UNREAD}`,
  );
  const unreadOf = db.query<{ files: number }, [number]>(
    `select count(*) as files from sessions s join files f on f.path = s.transcript_path
     where s.session_pk = ? and ${UNREAD}`,
  );
  return {
    textOf,
    page: textPage(db),
    /** Place of a text, if it is one of this session. */
    placeOf: (session_pk: number, text_pk: number): TextAt | null => at.get(session_pk, text_pk),
    unreadFiles: (): number => unread.get()?.files ?? 0,
    isComplete: (session_pk: number): boolean => (unreadOf.get(session_pk)?.files ?? 0) === 0,
  };
}

/** `edge` is not part of the page. */
function textPage(db: Database) {
  return (
    session_pk: number,
    edge: TextAt | undefined,
    way: "before" | "after",
    filter: TextFilter,
    limit: number,
  ): TextRow[] => {
    const [compare, order] = way === "after" ? [">", "asc"] : ["<", "desc"];
    const where = ["x.session_pk = $session"];
    const params: Params = { session: session_pk, limit };
    if (edge) {
      where.push(`(x.time_unix_ms, x.text_pk) ${compare} ($time, $pk)`);
      Object.assign(params, { time: edge.time_unix_ms, pk: edge.text_pk });
    }
    if (filter.agent_id !== undefined) {
      where.push("x.agent_id = $agent");
      params.agent = filter.agent_id;
    }
    if (filter.role) {
      where.push("x.role in (select value from json_each($roles))");
      params.roles = JSON.stringify(filter.role);
    }
    const rows = db
      .query<TextRow, Params>(
        `select ${TEXT_COLUMNS} from texts x where ${where.join(" and ")}
         order by x.time_unix_ms ${order}, x.text_pk ${order} limit $limit`,
      )
      .all(params);
    return way === "after" ? rows : rows.reverse();
  };
}

/** Number of texts by role, of one thread or of all. */
export function textCounts(db: Database) {
  const counts = db.query<{ role: TextRole; texts: number }, [number, string | null]>(
    `select role, count(*) as texts from texts where session_pk = ?1 and (?2 is null or agent_id = ?2)
     group by role`,
  );
  return (session_pk: number, agent_id: string | undefined): Partial<Record<TextRole, number>> =>
    Object.fromEntries(counts.all(session_pk, agent_id ?? null).map((of) => [of.role, of.texts]));
}
