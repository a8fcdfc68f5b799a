import * as z from "zod";
import { ERROR_CODES, type ErrorCode } from "./errors.ts";
import { SCHEMA_VERSION } from "./version.ts";

/** The prices for new requests; a stored request names its own price row. */
const PriceBookEdition = z.object({
  id: z.string().describe("equal for equal prices"),
  checked_on: z.iso.date().nullable().describe("latest day on which a vendor's price page was checked"),
});

/** The fields around the data of every JSON response. */
export const Envelope = z.object({
  schema_version: z.literal(SCHEMA_VERSION),
  generated_at: z.iso.datetime(),
  time_zone: z.string(),
  price_book: PriceBookEdition,
});

/** The envelope of a paged route. */
export const PagedEnvelope = Envelope.extend({
  next_cursor: z.string().nullable().describe("pass as `cursor` to get the next page; null = last page"),
});

const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

/** RFC 9457, the response to every failed request. */
export const ProblemDocument = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(codes),
  detail: z.string(),
  hint: z.string().optional(),
  hint_for: z.literal("api").optional().describe("set where the hint helps a program of the API only"),
});
