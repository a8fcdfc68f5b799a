import type { SessionDetail } from "../../../schema/api-shapes.ts";

type Agent = Pick<SessionDetail["agent_list"][number], "agent_id" | "agent_type" | "description">;

const SHOWN_ID = 6;

/** Display name of a sub-agent: its type, else its task. */
export const agentName = ({ agent_id, agent_type, description }: Agent): string =>
  agent_type || description || `sub-agent ${agent_id.slice(0, SHOWN_ID)}`;

/** With its task, if that is not already its name. */
export const agentTask = ({ agent_type, description }: Agent): string => (agent_type && description) || "";
