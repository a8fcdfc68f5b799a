import { crc32 } from "node:zlib";
import {
  FIRST_HOOK_AGENT,
  HOOK_KINDS,
  type HookAgent,
  type SpoolKind,
  spoolHeader,
} from "../../schema/names.ts";
import type { RejectReason } from "../../schema/row-values.ts";
import { SPOOL_KINDS } from "../../schema/spool-kinds.ts";
import type { HookedVendor } from "../../schema/vendors.ts";

type BodyForm = "line" | "text" | "file";
/** An agent with hooks but without record kinds does not compile here. */
const KINDS: Record<HookedVendor, Partial<Record<BodyForm, SpoolKind>>> = HOOK_KINDS;

export type SpoolRecord = {
  ok: true;
  kind: SpoolKind;
  agent: HookAgent;
  /** Form of the body: the payload, a JSON string of it, or the name of a file that contains it. */
  form: BodyForm;
  event_id: string;
  time_unix_ms: number;
  body: Buffer;
};
export type ParsedRecord = SpoolRecord | { ok: false; reason: RejectReason; detail: string };

/** Kind, id, milliseconds, checksum and length come first and are ASCII; anything longer is not a record. */
const HEAD_LIMIT_BYTES = 200;
const HEAD = /^([^ \n]+) ([^ \n]+) (\d{1,15}) ([0-9a-f]{8}) (\d{1,10}) /;
const NEWLINE = 0x0a;

/**
 * One line `bytes[start, end)` of a spool segment; the newline is optional. The body is a view of `bytes`, not a copy.
 */
export function parseRecord(bytes: Buffer, start: number, end: number): ParsedRecord {
  const last = bytes[end - 1] === NEWLINE && end > start ? end - 1 : end;
  const match = HEAD.exec(bytes.toString("latin1", start, Math.min(last, start + HEAD_LIMIT_BYTES)));
  if (!match) return { ok: false, reason: "torn_record", detail: `no record head in ${last - start} bytes` };
  const [head, kind, event_id, time, sum, length] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (!isSpoolKind(kind)) return { ok: false, reason: "unknown_record_kind", detail: kind.slice(0, 100) };
  const time_unix_ms = Number(time);
  const body = bytes.subarray(start + head.length, last);
  if (body.length !== Number(length))
    return { ok: false, reason: "torn_record", detail: `${body.length} of ${length} bytes` };
  const covered = crc32(body, crc32(`${spoolHeader(kind, event_id, time_unix_ms, body.length)}\n`));
  if (covered !== Number.parseInt(sum, 16))
    return {
      ok: false,
      reason: "bad_checksum",
      detail: `claims ${sum}, is ${covered.toString(16).padStart(8, "0")}`,
    };
  const hook = hookOfKind(kind);
  return {
    ok: true,
    kind,
    agent: hook?.agent ?? FIRST_HOOK_AGENT,
    form: hook?.form ?? "line",
    event_id,
    time_unix_ms,
    body,
  };
}

/** The agent of a hook's record and the form of its body; undefined for other records. */
function hookOfKind(kind: SpoolKind): { agent: HookAgent; form: BodyForm } | undefined {
  for (const [agent, forms] of Object.entries(KINDS))
    for (const [form, name] of Object.entries(forms))
      if (name === kind) return { agent: agent as HookAgent, form: form as BodyForm };
  return undefined;
}

function isSpoolKind(text: string): text is SpoolKind {
  return (SPOOL_KINDS as readonly string[]).includes(text);
}
