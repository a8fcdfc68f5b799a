import type { HookAgent } from "../../schema/names.ts";
import type { Crc32 } from "../append.ts";
import { DIGEST_FIELD, digestible } from "./digest.ts";
import { maskJson } from "./mask.ts";
import { allowedFor } from "./mode.ts";
import { coverJson, topString } from "./payload.ts";
import { createRedactor } from "./ranges.ts";

export type Carrying = { env: Record<string, string | undefined>; agent: HookAgent; crc32: Crc32 };

/** A payload as it may be written. If this fails, the payload is still written, without any secret. */
export function protectPayload(
  payload: Buffer,
  folder: string | undefined,
  { env, agent, crc32 }: Carrying,
): Buffer {
  const text = payload.toString("utf8");
  try {
    const { mode, emails } = allowedFor(text, folder, env);
    if (mode === "full") return payload;
    const redact = createRedactor();
    const covered = coverJson(text, (part) => redact(part, { emails: emails || mode === "metadata" }));
    if (mode === "metadata") {
      const prompt = agent === "codex" ? topString(covered, "prompt") : undefined;
      return Buffer.from(withDigest(maskJson(covered), prompt, crc32));
    }
    return covered === text ? payload : Buffer.from(covered);
  } catch {
    return Buffer.from(maskJson(text));
  }
}

function withDigest(masked: string, prompt: string | undefined, crc32: Crc32): string {
  if (prompt === undefined || masked[0] !== "{") return masked;
  return `{"${DIGEST_FIELD}":"${crc32(digestible(prompt)).toString(16)}",${masked.slice(1)}`;
}
