/** Places in JSON text that `JSON.parse` has already accepted: an edit by offset keeps every other byte. */
export type Span = { start: number; end: number };
export type Member = Span & { key: string; value: Span };

export function rootOf(text: string): Span {
  const start = pastSpace(text, text.charCodeAt(0) === 0xfeff ? 1 : 0);
  return { start, end: endOf(text, start) };
}

export function membersOf(text: string, object: Span): Member[] {
  const members: Member[] = [];
  for (let at = pastSpace(text, object.start + 1); text[at] !== "}"; ) {
    const keyEnd = endOf(text, at);
    const valueStart = pastSpace(text, pastSpace(text, keyEnd) + 1);
    const value = { start: valueStart, end: endOf(text, valueStart) };
    members.push({ start: at, end: value.end, key: JSON.parse(text.slice(at, keyEnd)), value });
    at = pastComma(text, value.end);
  }
  return members;
}

export function itemsOf(text: string, array: Span): Span[] {
  const items: Span[] = [];
  for (let at = pastSpace(text, array.start + 1); text[at] !== "]"; ) {
    const item = { start: at, end: endOf(text, at) };
    items.push(item);
    at = pastComma(text, item.end);
  }
  return items;
}

function pastComma(text: string, at: number): number {
  const next = pastSpace(text, at);
  return text[next] === "," ? pastSpace(text, next + 1) : next;
}

function pastSpace(text: string, at: number): number {
  let i = at;
  while (text[i] === " " || text[i] === "\n" || text[i] === "\r" || text[i] === "\t") i++;
  return i;
}

function endOf(text: string, start: number): number {
  let depth = 0;
  for (let i = start; i < text.length; ) {
    const c = text[i];
    if (c === '"') i = pastString(text, i);
    else if (c === "{" || c === "[") {
      depth++;
      i++;
    } else if (c === "}" || c === "]") {
      depth--;
      i++;
    } else {
      i++;
      while (depth === 0 && i < text.length && !/[\s,\]}:]/.test(text[i]!)) i++;
    }
    if (depth === 0) return i;
  }
  return text.length;
}

function pastString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}
