import { cutText } from "../../../schema/text.ts";
import type { AgentObservation, SessionObservation } from "../../../store/batch.ts";
import { codexEvent } from "./identity.ts";
import { finite, idText, type Json, object, text } from "./json.ts";
import {
  type Handler,
  isSecondFile,
  type Line,
  type ParseContext,
  placeOf,
  pushEvent,
} from "./parse-context.ts";
import { isDatedId } from "./state.ts";

/** The first meta line is the file's own; later ones of other threads announce lines copied from an ancestor. */
export const sessionMeta: Handler = (context, line) => {
  const { state } = context;
  const { payload } = line;
  const id = idText(payload.id);
  if (state.has_meta && id !== state.thread) {
    state.has_copies = true;
    state.lineage = id || state.lineage;
    return;
  }
  if (id !== "") state.thread = id;
  if (!state.has_meta) adopt(context, line);
  context.into.sessions.push(toSession(context, line));
  announce(context, line);
};

function announce(context: ParseContext, line: Line): void {
  const { thread, root, relation } = context.state;
  if (isSecondFile(context.path)) return;
  if (root === "") {
    const source = relation === "fork" ? "fork" : "startup";
    pushEvent(context, line, "session_started", codexEvent.sessionStarted(thread), { source });
    return;
  }
  const agent = toAgent(context, line);
  context.into.agents.push(agent);
  const data = agent.agent_type ? { agent_type: agent.agent_type } : {};
  const of = { session_id: root, agent_id: thread };
  pushEvent(context, line, "agent_started", codexEvent.agentStarted(thread), data, of);
}

function adopt({ state }: ParseContext, { payload, time_unix_ms }: Line): void {
  const spawn = object(object(object(payload.source)?.subagent)?.thread_spawn);
  const agentParent = idText(payload.parent_thread_id) || idText(spawn?.parent_thread_id);
  const isAgent = agentParent !== "" || object(payload.source)?.subagent !== undefined;
  state.has_meta = true;
  state.meta_unix_ms = time_unix_ms;
  state.thread_is_dated = isDatedId(state.thread, time_unix_ms);
  state.lineage = state.thread;
  state.parent = agentParent || idText(payload.forked_from_id);
  state.relation = isAgent ? "agent" : state.parent === "" ? "" : "fork";
  const root = idText(payload.session_id);
  if (isAgent) state.root = root !== "" && root !== state.thread ? root : state.parent;
  state.own_from_ordinal = finite(payload.subagent_history_start_ordinal) ?? 0;
  state.base_thread = idText(object(payload.history_base)?.thread_id);
  if (state.model === "") state.model = idText(payload.model);
}

const LONGEST_PATH = 4096;

function toSession(context: ParseContext, { payload, time_unix_ms }: Line): SessionObservation {
  const { thread, parent, relation } = context.state;
  const session: SessionObservation = { source: "codex", session_id: thread, ...placeOf(context) };
  if (time_unix_ms > 0) session.time_unix_ms = time_unix_ms;
  if (text(payload.cwd)) session.project_path = cutText(text(payload.cwd), LONGEST_PATH);
  const branch = idText(object(payload.git)?.branch);
  if (branch) session.git_branch = branch;
  if (idText(payload.cli_version)) session.client_version = idText(payload.cli_version);
  if (idText(payload.originator)) session.entrypoint = idText(payload.originator);
  if (relation !== "" && parent !== "") {
    session.parent_session_id = parent;
    session.relation = relation;
  }
  return session;
}

function toAgent({ state }: ParseContext, { payload, time_unix_ms }: Line): AgentObservation {
  const agent: AgentObservation = { source: "codex", session_id: state.root, agent_id: state.thread };
  const spawn = object(object(object(payload.source)?.subagent)?.thread_spawn);
  agent.agent_type = agentType(payload, spawn);
  const name = idText(payload.agent_nickname) || idText(spawn?.agent_nickname);
  if (name) agent.description = name;
  const depth = finite(spawn?.depth);
  if (depth !== undefined) agent.depth = depth;
  if (time_unix_ms > 0) agent.started_unix_ms = time_unix_ms;
  return agent;
}

function agentType(payload: Json, spawn: Json | undefined): string {
  const subagent = object(payload.source)?.subagent;
  return idText(payload.agent_role) || idText(spawn?.agent_role) || idText(subagent) || "thread_spawn";
}

export const threadSettings: Handler = (context, line) => {
  const settings = object(line.payload.thread_settings);
  if (!settings || (line.payload.thread_id !== undefined && line.payload.thread_id !== context.state.thread))
    return;
  context.state.tier_known = true;
  context.state.tier = idText(settings.service_tier);
};
