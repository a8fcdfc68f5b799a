/** Of a prompt in a payload that holds no words: by it the prompt is joined to the one of the client's own file. */
export const DIGEST_FIELD = "prompt_crc32";

/**
 * What a prompt's digest is made of. Blanks do not count, since a client joins the parts of one by some, and neither
 * does what a cover is called.
 */
export function digestible(covered: string): Buffer {
  return Buffer.from(covered.replace(/\[redacted:[a-z0-9_]+\]/g, "[redacted]").replace(/[\t-\r ]+/g, ""));
}
