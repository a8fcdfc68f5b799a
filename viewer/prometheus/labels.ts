/** Names as people and vendors give them; longer or odder ones could be anything, also a secret. */
const PLAIN = /^[\w.:/ -]{1,64}$/;
/** What identifies a person or opens a door: tokens, keys, UUIDs, long digit or hex runs. */
const SECRET = /\bsk-|eyJ|-----|[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{24}|\d{12}|@/i;

/** A label value from outside: as it is when it looks like a name, else `other`. */
export function toLabel(text: string): string {
  return PLAIN.test(text) && !SECRET.test(text) ? text : "other";
}

/** Gives the first `most` names a value of their own for as long as the process lives, and all others `other`. */
export function boundedLabels(most: number) {
  const known = new Set<string>();
  return (text: string): string => {
    const label = toLabel(text);
    if (label === "other" || known.has(label)) return label;
    if (known.size >= most) return "other";
    known.add(label);
    return label;
  };
}
