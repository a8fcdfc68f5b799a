import type { WasteCall, WasteRequest, WasteThread } from "./occurrence.ts";

/** Tool results between two requests, by their place in the prompt of the second. */
export type Results = { from: number; until: number; calls: WasteCall[]; chars: number };

/**
 * The growth of a prompt beyond the previous answer is the size of tool results: measured by the model itself, and at
 * most one token per character. Undefined for less than `least` tokens, in another turn, and without a call.
 */
export function resultsBetween(
  thread: WasteThread,
  last: WasteRequest,
  row: WasteRequest,
  least: number,
): Results | undefined {
  if (last.prompt_id !== row.prompt_id) return undefined;
  const from = last.input_tokens + last.output_tokens;
  const grown = row.input_tokens - from;
  if (grown < least) return undefined;
  const calls = thread.calls().filter((c) => {
    const { ended_unix_ms: ended } = c;
    return ended !== null && ended > last.time_unix_ms && ended <= row.time_unix_ms;
  });
  if (calls.length === 0) return undefined;
  const chars = calls.reduce((sum, c) => sum + (c.output_chars ?? Number.POSITIVE_INFINITY), 0);
  const tokens = Math.min(grown, chars);
  return tokens < least ? undefined : { from, until: from + tokens, calls, chars };
}
