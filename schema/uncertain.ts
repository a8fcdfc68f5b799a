/** How many requests of a sum are uncertain, and in what way; one may be so in several. */
export type Uncertain = {
  provisional_requests: number;
  implausible_requests: number;
  inferred_id_requests: number;
};

/** What a report, `doctor` and the page show of it, a sentence for each way; nothing for what is certain. */
export function uncertainNotes(of: Uncertain): string[] {
  const note = (count: number, what: string) =>
    count > 0 ? [`${count.toLocaleString("en-US")} ${count === 1 ? "request" : "requests"} ${what}`] : [];
  return [
    ...note(of.provisional_requests, "without final usage: the output is a lower bound"),
    ...note(of.implausible_requests, "with an impossible figure or time: omitted, or inferred"),
    ...note(of.inferred_id_requests, "without a vendor id: identified by line, time and usage"),
  ];
}
