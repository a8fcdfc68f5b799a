import { EXPORTS } from "../../../collector/otlp/messages.ts";
import type { Message } from "../../../collector/otlp/wire.ts";
import type { OtlpSignal } from "../../../schema/telemetry.ts";

/** Writes an export of OTLP's JSON as protobuf, by the same table that reads it. */
export function toProtobuf(signal: OtlpSignal, body: unknown): Buffer {
  return message(EXPORTS[signal], body as Record<string, unknown>);
}

function message(table: Message, value: Record<string, unknown>): Buffer {
  const parts: Buffer[] = [];
  for (const [number, entry] of Object.entries(table)) {
    const [name, type] = entry as Message[number];
    const held = value[name];
    if (held === undefined || held === null) continue;
    for (const one of Array.isArray(held) ? held : [held])
      parts.push(
        typeof type === "string"
          ? scalar(Number(number), type, one)
          : bytes(Number(number), message(type(), one)),
      );
  }
  return Buffer.concat(parts);
}

function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    out.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(out);
}

const tag = (number: number, wire: number): Buffer => varint(BigInt(number * 8 + wire));
const bytes = (number: number, body: Buffer): Buffer =>
  Buffer.concat([tag(number, 2), varint(BigInt(body.length)), body]);

function scalar(number: number, type: string, value: unknown): Buffer {
  if (type === "string") return bytes(number, Buffer.from(String(value)));
  if (type === "bytes") return bytes(number, Buffer.from(String(value), "hex"));
  if (type === "bool" || type === "int64" || type === "uint32")
    return Buffer.concat([tag(number, 0), varint(BigInt(value as number))]);
  const fixed = Buffer.alloc(type === "fixed32" ? 4 : 8);
  if (type === "double") fixed.writeDoubleLE(Number(value));
  else if (type === "fixed64") fixed.writeBigUInt64LE(BigInt(value as string));
  else if (type === "sfixed64") fixed.writeBigInt64LE(BigInt(value as string));
  else fixed.writeUInt32LE(Number(value));
  return Buffer.concat([tag(number, type === "fixed32" ? 5 : 1), fixed]);
}
