import * as z from "zod";
import type { MetricEvent as Event } from "./event.ts";
import { type DataOf, EVENT_TYPE_NAMES, EVENT_TYPES, EVENTS, type EventType } from "./event-catalogue.ts";
import { ORIGINS, SOURCES } from "./event-names.ts";

export {
  EVENT_CATEGORIES,
  EVENT_TYPE_NAMES,
  EVENT_TYPES,
  type EventType,
} from "./event-catalogue.ts";
export { ORIGINS, type Origin, SOURCES, type SourceName } from "./event-names.ts";

const base = {
  event_id: z.string().min(1).describe("unique; the same fact read twice has the same id"),
  source: z.enum(SOURCES),
  origin: z.enum(ORIGINS),
  session_id: z.string().describe("the agent's own session id, without prefix; empty = none"),
  session_source: z
    .enum(SOURCES)
    .exactOptional()
    .describe("the source of the session, where that is not `source`"),
  time_unix_ms: z.int(),
  project_path: z.string().optional(),
  agent_id: z.string().optional().describe("set inside a sub-agent"),
  prompt_id: z.string().optional(),
  tool_name: z.string().optional(),
  tool_use_id: z.string().optional(),
};

const toSchema = (type: EventType) => EVENTS[type].data(z).loose();
const schemas = new Map<EventType, ReturnType<typeof toSchema>>();
/** Made when it is first needed: all of them are a megabyte. */
function dataSchema(type: EventType) {
  const schema = schemas.get(type) ?? toSchema(type);
  schemas.set(type, schema);
  return schema;
}

/** Names of the declared fields of a type's `data`. */
export const fieldsOf = (type: EventType): string[] => Object.keys(dataSchema(type).shape);

/** `ToolCompleted`: the name of a type's schema in the OpenAPI document. */
const schemaName = (type: EventType) =>
  type.replace(/(^|_)(\w)/g, (_, _separator: string, letter: string) => letter.toUpperCase());

/** One of the types, with the common fields and `more`; `data` also keeps undeclared fields. */
function eventUnion(name: string, more: z.ZodRawShape) {
  const [first, ...rest] = EVENT_TYPE_NAMES.map((type) =>
    z
      .object({
        ...base,
        ...more,
        event_type: z.literal(type),
        event_category: z.literal(EVENT_TYPES[type]),
        data: dataSchema(type),
      })
      .meta({ id: schemaName(type) + name, description: EVENTS[type].what }),
  );
  return z.discriminatedUnion("event_type", [first!, ...rest]).meta({ id: name });
}

/** Only what prints or checks a whole event needs its schema. */
const lazily = <Of>(make: () => z.ZodType) => z.lazy(make) as unknown as z.ZodType<Of>;

export type MetricEvent = Event;
export const MetricEvent = lazily<MetricEvent>(() => eventUnion("MetricEvent", {}));

export type FeedEvent = MetricEvent & { seq: number; session_key: string };
export const FeedEvent = lazily<FeedEvent>(() =>
  eventUnion("Event", {
    seq: z
      .int()
      .nonnegative()
      .describe("order in which events were stored; 0 = read from history, in no stream"),
    session_key: z.string().describe("`<source>:<session_id>`; what /api/sessions/:id accepts"),
  }),
);

/** An event of a file, with `data` that another version may have written. */
export const ExportedEvent = z.object({
  ...base,
  event_type: z.enum(EVENT_TYPE_NAMES),
  seq: z.int().positive(),
  session_key: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type ExportedEvent = z.infer<typeof ExportedEvent>;

/**
 * A payload as `data` of its type. A declared field of an unexpected type loses neither the event nor the field: it is
 * kept in `unexpected`.
 */
export function toData<Type extends EventType>(type: Type, fields: Record<string, unknown>): DataOf<Type> {
  const parsed = dataSchema(type).safeParse(fields);
  if (parsed.success) return fields as DataOf<Type>;
  const wrong = new Set(parsed.error.issues.map((issue) => String(issue.path[0])));
  const kept = Object.entries(fields).filter(([name]) => !wrong.has(name));
  const unexpected = Object.entries(fields).filter(([name]) => wrong.has(name));
  return Object.fromEntries([
    ...kept,
    ["unexpected", Object.fromEntries(unexpected)],
  ]) as unknown as DataOf<Type>;
}
