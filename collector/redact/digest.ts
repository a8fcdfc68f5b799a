import { crc32 } from "node:zlib";
import { digestible } from "../../hooks/redact/digest.ts";
import { redactText } from "./redact.ts";

/** The same of a prompt and of what a carrier has left of it. */
export function promptDigest(prompt: string): string {
  return crc32(digestible(redactText(prompt, { emails: true }))).toString(16);
}
