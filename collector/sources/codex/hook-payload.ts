import * as z from "zod";
import { DIGEST_FIELD } from "../../../hooks/redact/digest.ts";
import { payloadWith, textField } from "../../hooks/payload.ts";
import { object } from "./json.ts";

/** Fields of Codex's hooks that event or observations are made of. */
export const CODEX_PAYLOAD = payloadWith({
  thread_id: textField,
  turn_id: textField,
  source: textField,
  prompt: textField,
  [DIGEST_FIELD]: textField,
  trigger: textField,
  tool_input: z.unknown().optional(),
  model: textField,
  response_id: textField,
  /** Each count is judged by itself, as in a rollout. */
  token_usage: z.unknown().transform(object).optional(),
});
export type CodexPayload = z.infer<typeof CODEX_PAYLOAD.known>;
