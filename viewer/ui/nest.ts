import type { TimelineItem } from "../../schema/api-shapes.ts";

/**
 * Puts everything that an agent did right behind the call that started it, agents of agents likewise; the
 * rest keeps its order. An agent whose call is not among the items stands where it was first seen; one that
 * nothing places in time waits for the call to be loaded, and stands last once everything is.
 */
export function nest(items: TimelineItem[], isComplete: boolean): TimelineItem[] {
  const of = new Map<string, TimelineItem[]>();
  const started = new Set<string>();
  for (const item of items) {
    if (item.agent_id) {
      const own = of.get(item.agent_id);
      if (own) own.push(item);
      else of.set(item.agent_id, [item]);
    }
    if (item.kind === "tool" && item.child_agent_id) started.add(item.child_agent_id);
  }
  const done = new Set<string>();
  const ordered: TimelineItem[] = [];

  const addAgent = (agent_id: string) => {
    if (done.has(agent_id)) return;
    done.add(agent_id);
    const own = of.get(agent_id) ?? [];
    // Its own row may have no time, or a later one than its first words.
    for (const item of own) if (item.kind === "agent") ordered.push(item);
    for (const item of own) if (item.kind !== "agent") add(item);
  };
  const add = (item: TimelineItem) => {
    ordered.push(item);
    if (item.kind === "tool" && item.child_agent_id) addAgent(item.child_agent_id);
  };

  for (const item of items) {
    if (!item.agent_id) add(item);
    else if (!started.has(item.agent_id) && item.time_unix_ms !== null) addAgent(item.agent_id);
  }
  // Also two agents that claim to have started each other: nothing recorded is left out.
  if (isComplete) for (const agent_id of of.keys()) addAgent(agent_id);
  return ordered;
}
