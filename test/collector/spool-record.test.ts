import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseRecord } from "../../collector/hooks/spool-record.ts";
import { type SpoolKind, spoolHeader } from "../../schema/names.ts";
import { SPOOL_KINDS } from "../../schema/spool-kinds.ts";

const ID = "0195f0c0-0000-7000-8000-000000000001";

function frame(body: Buffer, { kind = "hook/1" as SpoolKind, time = 1_795_200_000_000 } = {}): Buffer {
  const sum = Bun.hash.crc32(
    Buffer.concat([Buffer.from(`${spoolHeader(kind, ID, time, body.length)}\n`), body]),
  );
  const head = `${kind} ${ID} ${time} ${sum.toString(16).padStart(8, "0")} ${body.length} `;
  return Buffer.concat([Buffer.from(head), body]);
}
const parse = (bytes: Buffer) => parseRecord(bytes, 0, bytes.length);

test("F027 a framed body comes back byte for byte, whatever is around it", () => {
  const body = fc
    .uint8Array({ maxLength: 300 })
    .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a)));
  fc.assert(
    fc.property(body, fc.constantFrom(...SPOOL_KINDS), fc.nat(20), (bytes, kind, before) => {
      const record = frame(bytes, { kind });
      const around = Buffer.concat([Buffer.alloc(before, 0x61), record, Buffer.from("\nhook/1 next")]);
      const parsed = parseRecord(around, before, before + record.length);
      expect(parsed).toMatchObject({ ok: true, kind, event_id: ID, time_unix_ms: 1_795_200_000_000 });
      expect(parsed.ok && parsed.body.equals(bytes)).toBe(true);
    }),
  );
});

test("F027 the newline may be given with the line", () => {
  const bytes = Buffer.concat([frame(Buffer.from("{}")), Buffer.from("\n")]);
  expect(parse(bytes)).toMatchObject({ ok: true });
});

test("F027 any one bit that is wrong is seen", () => {
  const good = frame(Buffer.from('{"session_id":"s1"}'));
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = Buffer.from(good);
    bad[bit >> 3]! ^= 1 << (bit & 7);
    expect(parse(bad).ok).toBe(false);
  }
});

test("F027 a record that was cut anywhere is no record", () => {
  const good = frame(Buffer.from('{"session_id":"s1"}'));
  for (let length = 0; length < good.length; length++)
    expect(parse(good.subarray(0, length))).toMatchObject({ ok: false, reason: "torn_record" });
});

test("F027 a wrong checksum and an unknown kind have reasons of their own", () => {
  const good = frame(Buffer.from("{}")).toString();
  expect(parse(Buffer.from(good.replace("{}", "[]")))).toMatchObject({ ok: false, reason: "bad_checksum" });
  expect(parse(Buffer.from(good.replace("hook/1", "hook/9")))).toEqual({
    ok: false,
    reason: "unknown_record_kind",
    detail: "hook/9",
  });
});
