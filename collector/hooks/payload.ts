import * as z from "zod";

// An optional field of an unexpected type must not cost the event: it stays in `data` as is.
const name = (longest: number) => z.string().min(1).max(longest).optional().catch(undefined);
export const textField = z.string().optional().catch(undefined);

/** Fields of every agent's hooks. Undeclared fields can be stored, but not read. */
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

/** The payloads of one agent, with `fields` of its own. An unknown event may have no session. */
export const payloadWith = <Fields extends z.ZodRawShape>(fields: Fields) => ({
  known: HookPayload.extend(fields),
  unknown: AnySession.extend(fields),
});

/** An unparsed payload, which an event keeps whole. Its fields cannot be read by name. */
export type SentFields = readonly (readonly [name: string, value: unknown])[];
