import type { Database } from "bun:sqlite";
import { parseSessionKey } from "./scope.ts";

/** As long as a list shows it. */
const PROMPT_CHARS = 100;

/** What sessions are called, by their keys: the title, else the beginning of the first prompt. */
export function sessionNames(db: Database): (keys: Iterable<string | null>) => Map<string, string> {
  const names = db.query<{ session_key: string; name: string | null }, [string]>(`
    select s.source || ':' || s.source_session_id as session_key, coalesce(s.title, (
      select substr(t.prompt, 1, ${PROMPT_CHARS}) from turns t where t.session_pk = s.session_pk and t.prompt is not null
      order by t.started_unix_ms limit 1)) as name
    from json_each(?) k join sessions s
      on s.source = json_extract(k.value, '$.source') and s.source_session_id = json_extract(k.value, '$.session_id')`);
  return (keys) => {
    const wanted = [...keys].filter((key) => key !== null).map(parseSessionKey);
    const found = names.all(JSON.stringify(wanted));
    return new Map(found.flatMap(({ session_key, name }) => (name === null ? [] : [[session_key, name]])));
  };
}
