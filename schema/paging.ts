import * as z from "zod";

export const MAX_LIMIT = 1000;

const limit = z
  .string()
  .regex(/^\d{1,4}$/, `a whole number from 1 to ${MAX_LIMIT}`)
  .transform(Number)
  .pipe(z.int().min(1).max(MAX_LIMIT))
  .default(100)
  .describe(`rows per page, at most ${MAX_LIMIT}`);
const cursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,1600}$/, "`next_cursor` of the previous page")
  .describe("`next_cursor` of the previous page");
export const offset = z
  .string()
  .regex(/^\d{1,7}$/, "a whole number")
  .transform(Number)
  .describe("rows to skip, as an alternative to a cursor")
  .optional();
export const page = { limit, cursor: cursor.optional() };
