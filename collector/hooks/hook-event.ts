import type { HookAgent } from "../../schema/names.ts";
import { HOOK_AGENTS } from "../../schema/spool-kinds.ts";
import type { HookEnvelope, ParsedHook } from "./define-hooks.ts";
import { VENDOR_HOOKS } from "./vendors.ts";

/** The event of a hook payload, and its observations of session, turn, tool call and sub-agent. Never throws. */
export function parseHook(payload: unknown, envelope: HookEnvelope): ParsedHook {
  return VENDOR_HOOKS[agentOf(payload, envelope)].parse(payload, envelope);
}

/** An agent may also run the hooks of another one: its own transcript then identifies it. */
function agentOf(payload: unknown, { agent }: HookEnvelope): HookAgent {
  const path = (payload as { transcript_path?: unknown } | null | undefined)?.transcript_path;
  if (typeof path !== "string") return agent;
  return HOOK_AGENTS.find((name) => VENDOR_HOOKS[name].transcript?.test(path)) ?? agent;
}
