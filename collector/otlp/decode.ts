import type { OtlpSignal } from "../../schema/telemetry.ts";
import { isObject } from "./attributes.ts";
import { EXPORTS } from "./messages.ts";
import { type Normalised, normalise } from "./normalise.ts";
import { decodeMessage, WireError } from "./wire.ts";

export const ENCODINGS = { "application/json": "json", "application/x-protobuf": "protobuf" } as const;
export type Encoding = (typeof ENCODINGS)[keyof typeof ENCODINGS];

export type ReadExport = { ok: true; value: Normalised } | { ok: false; detail: string };

/** Decodes the body of one export, in either encoding, to the stored fields. */
export function readExport(signal: OtlpSignal, encoding: Encoding, bytes: Buffer): ReadExport {
  let body: unknown;
  try {
    body = encoding === "json" ? JSON.parse(bytes.toString("utf8")) : decodeMessage(EXPORTS[signal], bytes);
  } catch (error) {
    return { ok: false, detail: error instanceof WireError ? `not protobuf: ${error.message}` : "not JSON" };
  }
  if (!isObject(body)) return { ok: false, detail: `${signal}: the body is not an object` };
  const value = normalise(signal, body);
  return value ? { ok: true, value } : { ok: false, detail: `${signal}: no export of this signal` };
}
