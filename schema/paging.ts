import * as z from "zod";

export const MAX_LIMIT = 1000;

/** Rows in a page: `standard` by default, at most `most`. */
export function limitTo(most: number, standard: number) {
  return z
    .string()
    .regex(new RegExp(`^\\d{1,${String(most).length}}$`), `a whole number from 1 to ${most}`)
    .transform(Number)
    .pipe(z.int().min(1).max(most))
    .default(standard);
}
export const cursor = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,1600}$/, "`next_cursor` of the previous page")
  .describe("`next_cursor` of the previous page")
  .optional();
export const offset = z
  .string()
  .regex(/^\d{1,7}$/, "a whole number")
  .transform(Number)
  .describe("rows to skip, as an alternative to a cursor")
  .optional();
export const page = {
  limit: limitTo(MAX_LIMIT, 100).describe(`rows per page, at most ${MAX_LIMIT}`),
  cursor,
};
