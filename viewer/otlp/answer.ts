import type { Encoding } from "../../collector/otlp/decode.ts";
import type { Written } from "../../schema/api-content.ts";
import type { Reply } from "../../schema/api-types.ts";
import type { OtlpKey } from "../../schema/otlp-paths.ts";
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
): Reply<OtlpKey> {
  if (encoding === "json") {
    const partialSuccess = rejected > 0 ? { [REJECTED[signal]]: rejected, errorMessage } : {};
    return { content_type: "application/json", body: { partialSuccess } } as Reply<OtlpKey>;
  }
  const body =
    rejected > 0
      ? field(1, Buffer.concat([varints(1 << 3, rejected), field(2, Buffer.from(errorMessage))]))
      : Buffer.alloc(0);
  return {
    content_type: "application/x-protobuf",
    body: new Uint8Array(body) as Written<"application/x-protobuf">,
  };
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
