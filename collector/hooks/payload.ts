import * as z from "zod";

// An optional field of an unexpected type must not cost the event: it stays in `data` as it came.
const text = (longest: number) => z.string().min(1).max(longest).optional().catch(undefined);

/** What every hook payload carries. Versions of the client add fields freely, so the rest is kept unread. */
export const HookPayload = z.looseObject({
  hook_event_name: z.string().min(1).max(200),
  session_id: z.string().min(1).max(200),
  cwd: text(8192),
  prompt_id: text(200),
  agent_id: text(200),
  tool_name: text(500),
  tool_use_id: text(200),
});
export type HookPayload = z.infer<typeof HookPayload>;

/** An event name that is not known yet may come without a session too. */
export const UnknownPayload = HookPayload.extend({ session_id: z.string().max(200).catch("") });
