import type { Session } from "../../schema/api-shapes.ts";
import { clientNote, commandOf } from "../../schema/prompts.ts";
import { isolated, withoutControls } from "../../schema/text.ts";

/** Markup of a client around its own command: `<command-message>review</command-message>`. */
const WRAPPED = /<\/?(command-(message|name|args|contents)|local-command-(stdout|caveat))>/g;

export const plain = (text: string) =>
  withoutControls(commandOf(text) ?? clientNote(text) ?? text.replace(WRAPPED, " ")).trim();

/** The client's own id, of a key that begins with its source. */
export const idOf = (session_key: string) => session_key.replace(/^\w+:/, "");

/** The title of a session by its key, with an optional label. */
export const titleOfKey = (session_key: string, title: string | null, project: string | null = null) =>
  titleOf({ title, project, session_id: idOf(session_key) });

/** Display title of a session; without one its project and the start of its id. */
export function titleOf(session: Pick<Session, "title" | "project" | "session_id">): string {
  const title = plain(session.title ?? "").replace(/\s+/g, " ");
  return (
    title || `${isolated(withoutControls(session.project ?? "Session"))} ${session.session_id.slice(0, 8)}`
  );
}
