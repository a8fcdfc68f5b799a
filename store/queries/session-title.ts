import { LOCAL_COMMANDS } from "../../schema/prompts.ts";
import { dataPath } from "../data-path.ts";

/** Hooks report a prompt near the beginning of a session. */
const FIRST_EVENTS = 40;
const PROMPT = `data ->> ${dataPath("prompt_submitted", "prompt")}`;

const FIRST_LINE = `(replace(ltrim(${PROMPT}), char(10), ' ') || ' ')`;
const LOCAL = LOCAL_COMMANDS.map((name) => `'/${name}'`).join(", ");

/** A report of the client written as a prompt is not one, and neither is a command that the client runs itself. */
const IS_PROMPT = [
  ...["task-notification", "system-reminder", "local-command-*", "bash-*"].map(
    (tag) => `${PROMPT} not glob '<${tag}>*'`,
  ),
  `substr(${FIRST_LINE}, 1, instr(${FIRST_LINE}, ' ') - 1) not in (${LOCAL})`,
].join(" and ");

/**
 * SQL: the first prompt of the session that `pk` names. A turn has it, unless the client's hooks give a prompt no id;
 * then it is only in the event until a transcript is read.
 */
export const firstPrompt = (pk: string): string => `coalesce(
  (select t.prompt from turns t where t.session_pk = ${pk} and t.prompt <> ''
    order by coalesce(t.started_unix_ms, t.ended_unix_ms), t.prompt_id limit 1),
  (select ${PROMPT} from (select event_type, data from events where session_pk = ${pk} order by seq limit ${FIRST_EVENTS})
    where event_type = 'prompt_submitted' and ${PROMPT} <> '' and ${IS_PROMPT} limit 1))`;

/** SQL: the title of the session `s`, before it is cut to a line. */
export const SESSION_TITLE = `coalesce(s.title, ${firstPrompt("s.session_pk")})`;
