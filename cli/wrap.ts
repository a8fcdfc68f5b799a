/**
 * Lines of at most `width` columns, broken at spaces; `hanging` precedes each but the first. A long word is not broken.
 */
export function wrap(text: string, width: number, hanging = ""): string[] {
  const lines: string[] = [];
  const [first = "", ...words] = text.split(/(?<=\S) /);
  let line = first;
  for (const word of words) {
    const longer = `${line} ${word}`;
    if (Bun.stringWidth(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = hanging + word;
    }
  }
  return [...lines, line];
}

/** Below this width a description is not written beside its name. */
const LEAST_TEXT = 24;
const INDENT = 2;
const STACKED = 6;

/** Names and their descriptions side by side. If a name leaves no room, its description is below it. */
export function columns(pairs: readonly (readonly [string, string])[], width: number): string[] {
  const most = width - LEAST_TEXT - 2 * INDENT;
  const fitting = pairs.map(([left]) => left.length).filter((length) => length <= most);
  const left = Math.max(0, ...fitting);
  return pairs.flatMap(([name, text]) => {
    if (name.length > left)
      return [...wrap(" ".repeat(INDENT) + name, width), ...indented(text, width, STACKED)];
    return hang(`${" ".repeat(INDENT)}${name.padEnd(left)}${" ".repeat(INDENT)}`, text, width);
  });
}

function indented(text: string, width: number, by: number): string[] {
  const [first = "", ...rest] = wrap(text, width - by);
  return [first, ...rest].map((line) => " ".repeat(by) + line);
}

/** A text next to its head, which may be coloured; further lines are aligned below the text. */
export function hang(head: string, text: string, width: number): string[] {
  const beside = Bun.stringWidth(head);
  const lines = wrap(text, Math.max(LEAST_TEXT, width - beside));
  return lines.map((line, i) => (i === 0 ? head : " ".repeat(beside)) + line);
}

/** A name, two blanks or more, and its description. */
const TWO_COLUMNS = /^(\s*\S+(?: \S+)*)(\s{2,})(\S.*)$/;

/**
 * A text that was written for a wide terminal. Its sentences are rewrapped if a line is too long; lists keep their
 * columns, and indented text, such as a command to copy, is unchanged or broken between its options.
 */
export function reflow(text: string, width: number): string[] {
  const lines = text.split("\n");
  if (lines.every((line) => Bun.stringWidth(line) <= width)) return lines;
  const shown: string[] = [];
  let sentence: string[] = [];
  const flush = () => {
    if (sentence.length > 0) shown.push(...wrap(sentence.join(" "), width));
    sentence = [];
  };
  for (const line of lines) {
    const [, name, gap, about] = TWO_COLUMNS.exec(line) ?? [];
    const isText = line !== "" && !line.startsWith(" ") && about === undefined;
    if (isText) {
      sentence.push(line);
      continue;
    }
    flush();
    if (about !== undefined) shown.push(...listed(name! + gap!, about, width));
    else shown.push(...command(line, width));
  }
  flush();
  return shown;
}

function listed(head: string, about: string, width: number): string[] {
  if (head.length + LEAST_TEXT <= width) return hang(head, about, width);
  return [head.trimEnd(), ...indented(about, width, STACKED)];
}

/** JSON of a settings file: strings in it must not contain a line break. */
const JSON_FIELD = /^\s*"/;

/** A shell reads the parts as one line. */
function command(line: string, width: number): string[] {
  if (Bun.stringWidth(line) <= width || JSON_FIELD.test(line)) return [line];
  return line
    .split(/ (?=&& |\|\| |--)/)
    .map((part, i, all) => `${i === 0 ? "" : "    "}${part}${i < all.length - 1 ? " \\" : ""}`);
}
