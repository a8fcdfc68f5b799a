import * as z from "zod";

// An optional field of an unexpected type must not cost the event: it stays in `data` as it came.
const name = (longest: number) => z.string().min(1).max(longest).optional().catch(undefined);
export const textField = z.string().optional().catch(undefined);

/** What the hooks of every agent send. What is not declared can be kept, not read. */
export const HookPayload = z.object({
  hook_event_name: z.string().min(1).max(200),
  session_id: z.string().min(1).max(200),
  cwd: name(8192),
  prompt_id: name(200),
  agent_id: name(200),
  tool_name: name(500),
  tool_use_id: name(200),
  agent_type: textField,
  tool_response: z.unknown().optional(),
  permission_suggestions: z.unknown().optional(),
});
export type HookPayload = z.infer<typeof HookPayload>;

const AnySession = HookPayload.extend({ session_id: z.string().max(200).catch("") });

/** The payloads of one agent, with `fields` of its own. An event name that is not known may come without a session. */
export const payloadWith = <Fields extends z.ZodRawShape>(fields: Fields) => ({
  known: HookPayload.extend(fields),
  unknown: AnySession.extend(fields),
});

/** A payload as it came, which an event keeps whole. No field of it can be read by its name. */
export type SentFields = readonly (readonly [name: string, value: unknown])[];
