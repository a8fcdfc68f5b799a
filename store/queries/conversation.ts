import type { Database } from "bun:sqlite";
import type { ToolOutcome } from "../../schema/row-values.ts";
import type { TextRecord, TextRole } from "../../schema/texts.ts";
import type { Usage } from "../../schema/usage.ts";
import { type TextPlace, textReader } from "../texts.ts";
import { parseSessionKey } from "./scope.ts";
import type { SessionRow } from "./sessions.ts";

/** A text with everything needed to write its line again. */
export type KeptText = {
  item_key: string;
  agent_id: string;
  role: TextRole;
  record: TextRecord | null;
  tool_use_id: string | null;
  tool_name: string | null;
  is_error: number;
  time_unix_ms: number;
  whole_chars: number | null;
  response_id: string | null;
  /** As `TextObservation.follows`. */
  follows: string | null;
  text: string;
};
export type KeptResponse = Usage & {
  response_id: string;
  provider_request_id: string;
  model: string;
  service_tier: string;
  speed: string;
};
export type KeptAgent = {
  agent_id: string;
  agent_type: string | null;
  description: string | null;
  tool_use_id: string | null;
  depth: number | null;
};
export type KeptCall = { tool_use_id: string; outcome: ToolOutcome };

/** All stored texts of a conversation, in the order in which they were read. */
export function conversationQueries(db: Database) {
  const session = db.query<SessionRow, [string, string]>(
    "select * from sessions where source = ? and source_session_id = ?",
  );
  const calls = db.query<KeptCall, [number]>(
    "select tool_use_id, outcome from tool_calls where session_pk = ?",
  );
  const unread = db.query<{ bytes: number }, [string]>(
    `select f.offset - coalesce((select c.offset from text_cursors c where c.path = f.path), 0) as bytes
     from files f where f.path = ?`,
  );
  return {
    find(key: string): SessionRow | null {
      const { source, session_id } = parseSessionKey(key);
      return source === undefined ? null : session.get(source, session_id);
    },
    /** Bytes of its file that were parsed for figures but not yet for texts. */
    unreadBytesOf: ({ transcript_path }: SessionRow): number =>
      Math.max(0, unread.get(transcript_path ?? "")?.bytes ?? 0),
    textsOf: keptTexts(db),
    responsesOf: keptResponses(db),
    ...agentQueries(db),
    callsOf: (pk: number): KeptCall[] => calls.all(pk),
  };
}
export type Conversations = ReturnType<typeof conversationQueries>;

function keptTexts(db: Database): (pk: number) => KeptText[] {
  const { textOf } = textReader(db);
  const texts = db.query<Omit<KeptText, "text"> & TextPlace, [number]>(`
    select item_key, agent_id, role, record, tool_use_id, is_error, time_unix_ms, whole_chars, response_id, follows,
      chunk_pk, chunk_start, chunk_chars, coalesce(x.tool_name, (
        select t.tool_name from tool_calls t where t.session_pk = x.session_pk and t.tool_use_id = x.tool_use_id limit 1
      )) as tool_name
    from texts x where session_pk = ? order by text_pk`);
  return (pk) =>
    texts.all(pk).map(({ chunk_pk, chunk_start, chunk_chars, ...text }) => ({
      ...text,
      text: textOf({ chunk_pk, chunk_start, chunk_chars }),
    }));
}

function keptResponses(db: Database): (pk: number) => Map<string, KeptResponse> {
  const responses = db.query<KeptResponse, [number]>(
    "select * from requests where session_pk = ? and parent_key is null and response_id <> ''",
  );
  // A fork repeats responses of its parent.
  const copies = db.query<KeptResponse, [number]>(
    `select r.* from request_copies c join requests r using (request_key)
     where c.session_pk = ? and r.parent_key is null and r.response_id <> ''`,
  );
  return (pk) => new Map([...copies.all(pk), ...responses.all(pk)].map((r) => [r.response_id, r]));
}

function agentQueries(db: Database) {
  const agents = db.query<KeptAgent, [number]>("select * from agents where session_pk = ?");
  const agent = db.query<KeptAgent & { root: string }, [string, string]>(
    `select a.*, s.source_session_id as root from agents a join sessions s using (session_pk)
     where s.source = ? and a.agent_id = ? limit 1`,
  );
  return {
    agentsOf: (pk: number): KeptAgent[] => agents.all(pk),
    /** The session that started this one as its sub-agent. */
    agentOf: ({ source, source_session_id }: SessionRow) => agent.get(source, source_session_id),
  };
}
