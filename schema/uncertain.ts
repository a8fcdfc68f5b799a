import type * as z from "zod";
import type { Uncertain as Shape } from "./api-coverage.ts";

/** Types alone: the page loads this file, and no zod with it. */
export type Uncertain = z.infer<typeof Shape>;

/** What a report, `doctor` and the page show of it, one sentence per kind; nothing if all is certain. */
export function uncertainNotes(of: Uncertain): string[] {
  const note = (count: number, what: string) =>
    count > 0 ? [`${count.toLocaleString("en-US")} ${count === 1 ? "request" : "requests"} ${what}`] : [];
  return [
    ...note(of.provisional_requests, "without final usage: the output is a lower bound"),
    ...note(of.implausible_requests, "with an impossible figure or time: omitted, or inferred"),
    ...note(of.inferred_id_requests, "without a vendor id: identified by line, time and usage"),
  ];
}
