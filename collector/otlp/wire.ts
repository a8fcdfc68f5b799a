/** Type of a field: a scalar of protobuf, or a message. A list means `repeated`. */
type Scalar =
  | "string"
  | "bytes"
  | "bool"
  | "int64"
  | "uint32"
  | "double"
  | "fixed64"
  | "sfixed64"
  | "fixed32";
export type Message = {
  readonly [field: number]: readonly [name: string, type: Scalar | (() => Message), "list"?];
};
export type Decoded = Record<string, unknown>;

/** The bytes are not a protobuf of the expected message. */
export class WireError extends Error {}

/** Deeper nesting is an attack: `AnyValue` may contain itself. */
const MAX_DEPTH = 32;
const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

const WIRE_TYPE: Record<Scalar, number> = {
  string: LENGTH,
  bytes: LENGTH,
  bool: VARINT,
  int64: VARINT,
  uint32: VARINT,
  double: FIXED64,
  fixed64: FIXED64,
  sfixed64: FIXED64,
  fixed32: FIXED32,
};

type Reader = { bytes: Buffer; at: number };

/**
 * A protobuf message as the object that OTLP's JSON has for it: camelCase names, 64-bit integers as numbers if they are
 * exact and as decimal strings otherwise. Unknown fields are skipped. Throws `WireError`.
 */
export function decodeMessage(message: Message, bytes: Buffer): Decoded {
  return readMessage(message, { bytes, at: 0 }, bytes.length, 0);
}

function readMessage(message: Message, reader: Reader, end: number, depth: number): Decoded {
  if (depth > MAX_DEPTH) throw new WireError(`nested deeper than ${MAX_DEPTH} levels`);
  const into: Decoded = {};
  while (reader.at < end) {
    const tag = readVarint(reader, end);
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (number === 0) throw new WireError(`field number 0 at byte ${reader.at}`);
    const field = message[number];
    if (field === undefined) {
      skip(reader, wire, end);
      continue;
    }
    const [name, type, list] = field;
    const expected = typeof type === "string" ? WIRE_TYPE[type] : LENGTH;
    if (wire !== expected) throw new WireError(`${name} has wire type ${wire} instead of ${expected}`);
    const value =
      typeof type === "string"
        ? readScalar(reader, type, end)
        : readMessage(type(), reader, endOfLength(reader, end), depth + 1);
    if (list === undefined) into[name] = value;
    else if (into[name] === undefined) into[name] = [value];
    else (into[name] as unknown[]).push(value);
  }
  return into;
}

function readScalar(reader: Reader, type: Scalar, end: number): unknown {
  const { bytes } = reader;
  switch (type) {
    case "string":
    case "bytes": {
      const stop = endOfLength(reader, end);
      const text = bytes.toString(type === "bytes" ? "hex" : "utf8", reader.at, stop);
      reader.at = stop;
      return text;
    }
    case "bool":
      return readVarint(reader, end) !== 0;
    case "uint32":
      return readVarint(reader, end);
    case "int64":
      return readInt64(reader, end);
    case "fixed32":
      return bytes.readUInt32LE(take(reader, 4, end));
    case "double":
      return bytes.readDoubleLE(take(reader, 8, end));
    case "fixed64":
      return exact(bytes.readBigUInt64LE(take(reader, 8, end)));
    case "sfixed64":
      return exact(bytes.readBigInt64LE(take(reader, 8, end)));
  }
}

function exact(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function take(reader: Reader, length: number, end: number): number {
  const { at } = reader;
  if (at + length > end) throw new WireError(`ends within a field at byte ${at}`);
  reader.at = at + length;
  return at;
}

function endOfLength(reader: Reader, end: number): number {
  const length = readVarint(reader, end);
  const stop = reader.at + length;
  if (stop > end)
    throw new WireError(`a field of ${length} bytes at byte ${reader.at} ends after its message`);
  return stop;
}

/** Exact up to 2^53; anything larger is not a tag, length, flag or enumeration. */
function readVarint(reader: Reader, end: number): number {
  let value = 0;
  for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
    const byte = reader.bytes[take(reader, 1, end)]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
  throw new WireError(`a number of more than 8 bytes at byte ${reader.at}`);
}

function readInt64(reader: Reader, end: number): number | string {
  const start = reader.at;
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[take(reader, 1, end)]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return exact(BigInt.asIntN(64, value));
  }
  throw new WireError(`a number of more than 10 bytes at byte ${start}`);
}

function skip(reader: Reader, wire: number, end: number): void {
  if (wire === VARINT) readInt64(reader, end);
  else if (wire === FIXED64) take(reader, 8, end);
  else if (wire === FIXED32) take(reader, 4, end);
  else if (wire === LENGTH) reader.at = endOfLength(reader, end);
  else throw new WireError(`wire type ${wire} at byte ${reader.at}`);
}
