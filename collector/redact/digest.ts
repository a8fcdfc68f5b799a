import { crc32 } from "node:zlib";
import { digestible } from "../../hooks/redact/digest.ts";
import { redactText } from "./redact.ts";

/** Equal for a prompt and for its masked form by a carrier. */
export function promptDigest(prompt: string): string {
  return crc32(digestible(redactText(prompt, { emails: true }))).toString(16);
}
