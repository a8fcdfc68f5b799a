import * as z from "zod";
import { EVENT_CATEGORIES, EVENT_TYPE_NAMES, ORIGINS, SOURCES } from "./event-names.ts";

export {
  EVENT_CATEGORIES,
  EVENT_TYPE_NAMES,
  EVENT_TYPES,
  type EventCategory,
  type EventType,
  ORIGINS,
  type Origin,
  SOURCES,
  type SourceName,
} from "./event-names.ts";

/** One thing that happened. Flat; times are Unix milliseconds UTC; `data` is what only this type carries. */
export const MetricEvent = z.object({
  event_id: z.string().min(1).describe("unique for ever; the same fact read twice has the same id"),
  event_type: z.enum(EVENT_TYPE_NAMES),
  event_category: z.enum(EVENT_CATEGORIES),
  source: z.enum(SOURCES),
  origin: z.enum(ORIGINS),
  session_id: z.string().describe("the agent's own session id, without prefix; empty where there is none"),
  time_unix_ms: z.int(),
  project_path: z.string().optional(),
  agent_id: z.string().optional().describe("set inside a sub-agent"),
  prompt_id: z.string().optional(),
  tool_name: z.string().optional(),
  tool_use_id: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});
export type MetricEvent = z.infer<typeof MetricEvent>;
