import * as z from "zod";
import type { OtlpSignal } from "./telemetry.ts";

/** `ExportPartialSuccess` of each signal, as OTLP 1.x names its fields. */
const REJECTED = {
  logs: z.object({ rejectedLogRecords: z.int().positive(), errorMessage: z.string() }),
  metrics: z.object({ rejectedDataPoints: z.int().positive(), errorMessage: z.string() }),
  traces: z.object({ rejectedSpans: z.int().positive(), errorMessage: z.string() }),
} as const satisfies Record<OtlpSignal, z.ZodType>;
/** The field that contains the whole export. */
const RESOURCES = { logs: "resourceLogs", metrics: "resourceMetrics", traces: "resourceSpans" } as const;

const protobuf = (message: string) =>
  z.string().meta({ format: "binary", description: `${message} of OpenTelemetry` });

/** A receiver of exports: the answer is OTLP's own, in the encoding of the request. */
export function otlpRoute<Signal extends OtlpSignal>(signal: Signal) {
  return {
    otlp: signal,
    accepts: {
      "application/json": z.looseObject({ [RESOURCES[signal]]: z.array(z.looseObject({})).optional() }),
      "application/x-protobuf": protobuf("Export…ServiceRequest"),
    },
    content: {
      "application/json": z.object({ partialSuccess: z.union([REJECTED[signal], z.strictObject({})]) }),
      "application/x-protobuf": protobuf("Export…ServiceResponse"),
    },
  } as const;
}

/** The contract itself; OpenAPI 3.1 describes its parts. */
export const OpenApiDocument = z.object({
  openapi: z.literal("3.1.0"),
  info: z.object({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({
    schemas: z.record(z.string(), z.unknown()),
    securitySchemes: z.record(z.string(), z.unknown()),
  }),
});
export type OpenApiDocument = z.infer<typeof OpenApiDocument>;
