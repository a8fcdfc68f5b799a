/** Hooks report a prompt near the beginning of a session. */
const FIRST_EVENTS = 40;

/** What the client reports by itself in a prompt's place is none. */
const IS_PROMPT = ["task-notification", "system-reminder", "local-command-*", "bash-*"]
  .map((tag) => `data ->> 'prompt' not glob '<${tag}>*'`)
  .join(" and ");

/**
 * SQL: the first prompt of the session that `pk` names. A turn has it, unless the client's hooks give a prompt no id;
 * then it is in the event alone until a transcript is read.
 */
export const firstPrompt = (pk: string): string => `coalesce(
  (select t.prompt from turns t where t.session_pk = ${pk} and t.prompt <> ''
    order by coalesce(t.started_unix_ms, t.ended_unix_ms), t.prompt_id limit 1),
  (select data ->> 'prompt' from (select event_type, data from events where session_pk = ${pk} order by seq limit ${FIRST_EVENTS})
    where event_type = 'prompt_submitted' and data ->> 'prompt' <> '' and ${IS_PROMPT} limit 1))`;

/** SQL: what the session `s` is called, before it is cut to a line. */
export const SESSION_TITLE = `coalesce(s.title, ${firstPrompt("s.session_pk")})`;
