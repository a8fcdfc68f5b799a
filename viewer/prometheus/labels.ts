/** Names given by people and vendors; longer or unusual ones could be anything, even a secret. */
const PLAIN = /^[\w.:/ -]{1,64}$/;
/** Data that identifies a person or grants access: tokens, keys, UUIDs, long digit or hex runs. */
const SECRET = /\bsk-|eyJ|-----|[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{24}|\d{12}|@/i;

/** An external label value: unchanged if it looks like a name, else `other`. */
export function toLabel(text: string): string {
  return PLAIN.test(text) && !SECRET.test(text) ? text : "other";
}

/** Assigns the first `most` names their own value for the lifetime of the process, and `other` to all others. */
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
