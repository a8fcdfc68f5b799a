import type { SessionDetail } from "../../../schema/api-shapes.ts";

type Agent = Pick<SessionDetail["agent_list"][number], "agent_id" | "agent_type" | "description">;

const SHOWN_ID = 6;

/** What a person knows a sub-agent by: its type, else what it was asked to do. */
export const agentName = ({ agent_id, agent_type, description }: Agent): string =>
  agent_type || description || `sub-agent ${agent_id.slice(0, SHOWN_ID)}`;

/** With what it was asked to do, where that is not its name already. */
export const agentTask = ({ agent_type, description }: Agent): string => (agent_type && description) || "";
