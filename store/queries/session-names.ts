import type { Database } from "bun:sqlite";
import { headline } from "../../schema/headline.ts";
import { parseSessionKey } from "./scope.ts";
import { SESSION_TITLE } from "./session-title.ts";

/** Display names of sessions, by their keys: the title, else the beginning of the first prompt. */
export function sessionNames(db: Database): (keys: Iterable<string | null>) => Map<string, string> {
  const names = db.query<{ session_key: string; name: string | null }, [string]>(`
    select s.source || ':' || s.source_session_id as session_key, ${SESSION_TITLE} as name
    from json_each(?) k join sessions s
      on s.source = json_extract(k.value, '$.source') and s.source_session_id = json_extract(k.value, '$.session_id')`);
  return (keys) => {
    const wanted = [...keys].filter((key) => key !== null).map(parseSessionKey);
    const found = names.all(JSON.stringify(wanted));
    return new Map(
      found.flatMap(({ session_key, name }): [string, string][] => {
        const title = headline(name);
        return title === null ? [] : [[session_key, title]];
      }),
    );
  };
}
