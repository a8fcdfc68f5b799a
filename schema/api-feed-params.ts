import * as z from "zod";
import { list, moment, range, sessionId, text, timeZone, where } from "./api-params.ts";
import { EVENT_CATEGORIES, EVENT_TYPE_NAMES } from "./events.ts";
import { page } from "./paging.ts";

const feedFilter = {
  session_id: sessionId.optional(),
  ...where,
  event_type: list(EVENT_TYPE_NAMES).describe("comma-separated list").optional(),
  event_category: list([...EVENT_CATEGORIES])
    .describe("comma-separated list")
    .optional(),
  tool_name: text.describe("name of a tool in any case; `*` matches any characters").optional(),
};

export const MetricsQuery = z.strictObject({
  ...feedFilter,
  seq: z
    .string()
    .regex(/^\d{1,15}$/, "the number of an event")
    .describe("only the event of this number")
    .transform(Number)
    .optional(),
  event_id: text.describe("only the event of this id").optional(),
  history: z
    .enum(["true", "false"])
    .transform((value) => value === "true")
    .default(false)
    .describe(
      "true = also prompts and tool calls that were read from an agent's files and that no event holds; their `seq` is 0, and no stream sends them",
    ),
  ...range,
  tags: text.describe("comma-separated event types, categories or tool names; any of them").optional(),
  hooks: z
    .enum(["asking"])
    .describe("of `hook_other` only the questions to a person and their answers")
    .optional(),
  q: text
    .describe(
      "text inside the event; a page searches a bounded number of events, so it may be empty and still have a `next_cursor`",
    )
    .optional(),
  ...page,
});

export const StreamQuery = z.strictObject({
  ...feedFilter,
  last_event_id: z
    .string()
    .regex(/^\d{1,15}$/, "the id of an event")
    .describe("same as the header Last-Event-ID, which takes precedence")
    .optional(),
});

const feedFilterBody = {
  session_id: sessionId.optional(),
  ...where,
  event_type: z.array(z.enum(EVENT_TYPE_NAMES)).min(1).optional(),
  event_category: z.array(z.enum(EVENT_CATEGORIES)).min(1).optional(),
  tool_name: text.optional(),
};
const momentOrNumber = z.union([moment, z.int().nonnegative().transform(String)]);
export const ExportBody = z.strictObject({
  format: z.enum(["jsonl", "ndjson", "csv"]).default("ndjson"),
  ...feedFilterBody,
  start_time: momentOrNumber.optional(),
  end_time: momentOrNumber.optional(),
  time_zone: timeZone.optional(),
});
