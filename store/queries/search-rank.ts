import { folded, type SearchWords } from "../../schema/search-text.ts";
import type { TextRole } from "../../schema/texts.ts";
import { INDEXED_CHARS } from "../commit-texts.ts";
import type { TextRow } from "./texts.ts";

/** Newest matches that are ranked by their rows: kind, length and age. */
export const BLOCK = 1000;
/** This many of them at a time, best first, are opened and ranked by the positions of their words. */
export const SLICE = 60;
const SNIPPET_CHARS = 240;
/** What a person searches for is in prompts and answers rather than in what a tool printed. */
const WEIGHTS: Record<TextRole, number> = {
  prompt: 4,
  answer: 3,
  tool_input: 2,
  thinking: 1.5,
  tool_output: 1,
  context: 0.5,
};
/** Of two equally good matches the newer one ranks higher; the oldest of a full block is reduced by this much. */
const AGE_WEIGHT = 0.5;

/** In the block of matches stored before `before`: the slice from `skip`, and how much of it was shown. */
export type SearchPlace = { before: number; skip: number; shown: number };
export type Match = Pick<TextRow, "text_pk" | "role" | "chunk_chars">;
export type Scored = Match & { score: number };
/** Start of the block and of the next one; null if there are no more matches. */
export type Block = { matches: Scored[]; before: number; oldest: number | null };

/** `matches` are the newest, newest first. A prompt is before an output of a tool, a short text before a long one. */
export function inOrder(matches: readonly Match[]): Block {
  const scored = matches.map((match, i) => {
    const age = 1 - (AGE_WEIGHT * i) / BLOCK;
    return { ...match, score: (WEIGHTS[match.role] * age) / lengthPenalty(match.chunk_chars) };
  });
  scored.sort((a, b) => b.score - a.score || b.text_pk - a.text_pk);
  const oldest = matches.length === BLOCK ? matches.at(-1)!.text_pk : null;
  // Rows stored meanwhile must not shift a later page.
  return { matches: scored, before: (matches[0]?.text_pk ?? 0) + 1, oldest };
}

/** `slice` is the number of its slice's matches that contain every phrase. */
export function nextPlace(
  { skip, shown }: SearchPlace,
  slice: number,
  taken: number,
  { matches, before, oldest }: Block,
): SearchPlace | null {
  if (slice > shown + taken) return { before, skip, shown: shown + taken };
  if (matches.length > skip + SLICE) return { before, skip: skip + SLICE, shown: 0 };
  return oldest === null ? null : { before: oldest, skip: 0, shown: 0 };
}

/** Long texts contain any word, so each match in one counts less. */
const lengthPenalty = (chars: number): number => 1 + Math.log10(1 + chars / 500);

/** More for words that are repeated, and near the beginning of the text. */
export function closeness(plain: string, { words }: SearchWords): number {
  let sum = 0;
  for (const { word } of words) {
    const first = plain.indexOf(word);
    if (first < 0) continue;
    const again = plain.indexOf(word, first + word.length) >= 0 ? 1.3 : 1;
    sum += again / (1 + Math.log2(1 + first / 200));
  }
  return sum;
}

const BETWEEN = "[^\\p{L}\\p{N}_]+";
const escaped = (word: string) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

export function hasPhrase(plain: string, phrase: readonly string[]): boolean {
  const pattern = `(?<![\\p{L}\\p{N}_])${phrase.map(escaped).join(BETWEEN)}(?![\\p{L}\\p{N}_])`;
  return new RegExp(pattern, "u").test(plain);
}

export type Snippet = { snippet: string; marks: [number, number][] };

/** The part of the text with most of the words, and their offsets in it. */
export function snippetOf(text: string, { words }: SearchWords): Snippet {
  const plain = folded(text.slice(0, INDEXED_CHARS));
  const first = Math.max(
    0,
    Math.min(...words.map(({ word }) => plain.indexOf(word)).filter((at) => at >= 0), plain.length),
  );
  const start = first >= plain.length ? 0 : Math.max(0, first - SNIPPET_CHARS / 4);
  const piece = text.slice(start, start + SNIPPET_CHARS).toWellFormed();
  const inPiece = plain.slice(start, start + SNIPPET_CHARS);
  const marks: [number, number][] = [];
  for (const { word } of words)
    for (
      let at = inPiece.indexOf(word);
      at >= 0 && marks.length < 20;
      at = inPiece.indexOf(word, at + word.length)
    )
      marks.push([at, at + word.length]);
  return { snippet: piece, marks: marks.sort((a, b) => a[0] - b[0]) };
}
