import type { PriceBook } from "../price-book.ts";
import { agentModel } from "./agent-model.ts";
import { largeResults } from "./large-results.ts";
import { nearLimit } from "./near-limit.ts";
import type { Occurrence, WasteThread } from "./occurrence.ts";
import { repeatedFailures } from "./repeated-failures.ts";
import { repeatedResults } from "./repeated-results.ts";
import { retries } from "./retries.ts";
import { type ForeignRead, foreignReads, type Unread, unreadIn } from "./unread-writes.ts";

/** Waste in one session, and its part in waste that is only visible across sessions. */
export type SessionWaste = { occurrences: Occurrence[]; unread: Unread[]; reads: ForeignRead[] };
/** Rules to run, as they need the texts and calls of a session. */
export type Signs = { hasLoops: boolean; hasRepeated: boolean };

export function wasteIn(
  threads: readonly WasteThread[],
  { hasLoops, hasRepeated }: Signs,
  book: PriceBook,
): SessionWaste {
  const occurrences = threads.flatMap((thread) => [
    ...(hasLoops ? repeatedFailures(thread) : []),
    ...(hasRepeated ? repeatedResults(thread, book) : []),
    ...retries(thread),
    ...largeResults(thread, book),
    ...nearLimit(thread, book),
    ...agentModel(thread, book),
  ]);
  return { occurrences, unread: threads.flatMap(unreadIn), reads: threads.flatMap(foreignReads) };
}
