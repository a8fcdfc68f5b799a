/** A parsed search: words that must all match, prefixes, and phrases. */
export type SearchWords = { words: { word: string; is_prefix: boolean }[]; phrases: string[][] };

const PART = /"([^"]*)"?|(\S+)/g;
/** Splits a text as the index does. */
const WORD = /[\p{L}\p{N}_]+/gu;

/**
 * `fence "green paint" pain*`: words, phrases in quotes, and beginnings with a star. Punctuation inside a word makes a
 * phrase.
 */
export function parseSearch(q: string): SearchWords {
  const found: SearchWords = { words: [], phrases: [] };
  for (const [, phrase, word] of q.matchAll(PART)) {
    const parts = wordsOf(phrase ?? word ?? "");
    if (parts.length === 0) continue;
    const isPrefix = phrase === undefined && (word ?? "").endsWith("*");
    for (const [i, part] of parts.entries())
      found.words.push({ word: part, is_prefix: isPrefix && i === parts.length - 1 });
    if (parts.length > 1) found.phrases.push(parts);
  }
  return found;
}

const wordsOf = (text: string): string[] => folded(text).match(WORD) ?? [];

const FOREIGN = /[^\0-\x7f]+/g;

/** Without accents and case, letter for letter, so that offsets in it are offsets in the text. */
export function folded(text: string): string {
  return text.replace(FOREIGN, foldedRun).toLowerCase();
}

function foldedRun(text: string): string {
  let out = "";
  for (const letter of text) {
    const plain = letter.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    out += plain.length === letter.length ? plain : letter.length === 1 ? (plain[0] ?? letter) : letter;
  }
  return out;
}
