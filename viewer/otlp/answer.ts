import type { Encoding } from "../../collector/otlp/decode.ts";
import type { OtlpSignal } from "../../schema/telemetry.ts";

const REJECTED = {
  logs: "rejectedLogRecords",
  metrics: "rejectedDataPoints",
  traces: "rejectedSpans",
} as const satisfies Record<OtlpSignal, string>;

/** `ExportPartialSuccess` in the encoding of the request. Of a whole success it is empty. */
export function partialSuccess(
  signal: OtlpSignal,
  encoding: Encoding,
  rejected: number,
  errorMessage: string,
): Response {
  if (encoding === "json")
    return Response.json({
      partialSuccess: rejected > 0 ? { [REJECTED[signal]]: rejected, errorMessage } : {},
    });
  const body =
    rejected > 0
      ? field(1, Buffer.concat([varints(1 << 3, rejected), field(2, Buffer.from(errorMessage))]))
      : Buffer.alloc(0);
  return new Response(new Uint8Array(body), { headers: { "Content-Type": "application/x-protobuf" } });
}

function field(number: number, body: Buffer): Buffer {
  return Buffer.concat([varints((number << 3) | 2, body.length), body]);
}

function varints(...values: number[]): Buffer {
  const bytes: number[] = [];
  for (let value of values) {
    for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
    bytes.push(value);
  }
  return Buffer.from(bytes);
}
