export const FRAME_ERRORS = [
  "schema_mismatch",
  "missing_fields",
  "protocol_violation",
  "oversize",
  "unknown_id",
  "unknown_method",
] as const;
export type FrameError = (typeof FRAME_ERRORS)[number];

export const MAX_FRAME_BYTES = 1024 * 1024;
const MAX_DEPTH = 32;

export type FrameId = number | string;
export type Frame =
  | { kind: "request"; id: FrameId; method: string; params: unknown }
  | { kind: "notification"; method: string; params: unknown }
  | { kind: "reply"; id: FrameId; result: unknown; error: unknown }
  | { kind: "bad"; error: FrameError };

const bad = (error: FrameError): Frame => ({ kind: "bad", error });

/** One line of the app-server's output; it is either a frame or a counted fault. */
export function readFrame(line: Uint8Array): Frame {
  if (line.length > MAX_FRAME_BYTES) return bad("oversize");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch {
    return bad("schema_mismatch");
  }
  if (isTooDeep(text)) return bad("protocol_violation");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad("schema_mismatch");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return bad("schema_mismatch");
  return toFrame(value as Record<string, unknown>);
}

function toFrame(value: Record<string, unknown>): Frame {
  const { id, method, params } = value;
  const hasAnswer = "result" in value || "error" in value;
  const isId = typeof id === "number" || typeof id === "string";
  if (method !== undefined) {
    if (typeof method !== "string" || method === "") return bad("missing_fields");
    if (hasAnswer) return bad("protocol_violation");
    if (id === undefined) return { kind: "notification", method, params };
    return isId ? { kind: "request", id, method, params } : bad("missing_fields");
  }
  if (!hasAnswer) return bad("protocol_violation");
  if (!isId) return bad("missing_fields");
  return { kind: "reply", id, result: value.result, error: value.error };
}

/** Checked before parsing: a recursive parser would end the process. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) isText = !isText;
    else if (isText && c === 0x5c) i++;
    else if (isText) continue;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}
