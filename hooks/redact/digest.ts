/** The digest of a prompt in a payload without text: it joins the prompt to the one in the client's own file. */
export const DIGEST_FIELD = "prompt_crc32";

/**
 * Input of a prompt's digest. Blanks are ignored, since clients join the parts of a prompt by varying ones, and so are
 * the names of redactions.
 */
export function digestible(covered: string): Buffer {
  return Buffer.from(covered.replace(/\[redacted:[a-z0-9_]+\]/g, "[redacted]").replace(/[\t-\r ]+/g, ""));
}
