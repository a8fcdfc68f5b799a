import { createHmac, timingSafeEqual } from "node:crypto";

/** A client sends a random number in the first header; the response contains the proof for it in the second. */
export const CHALLENGE_HEADER = "x-hall-challenge";
export const PROOF_HEADER = "x-hall-proof";
/** A truncated file must not let any process pass as the daemon. */
const MIN_TOKEN_LENGTH = 16;
const CHALLENGE = /^[0-9a-f]{32,64}$/;

/** Proves that the server knows the token of daemon.json without sending it, since the port may belong to another program. */
export function toProof(token: string, challenge: string | undefined): string | undefined {
  if (token.length < MIN_TOKEN_LENGTH || challenge === undefined || !CHALLENGE.test(challenge))
    return undefined;
  return createHmac("sha256", token).update(`proof/1 ${challenge}`).digest("hex");
}

export function isProof(given: unknown, token: string, challenge: string): boolean {
  const wanted = Buffer.from(toProof(token, challenge) ?? "");
  const bytes = Buffer.from(typeof given === "string" ? given : "");
  return wanted.length > 0 && bytes.length === wanted.length && timingSafeEqual(bytes, wanted);
}
