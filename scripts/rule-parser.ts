/** Reads the expressions of `hooks/redact/patterns.ts`, of which the carrier's matcher knows less than a runtime does. */

/** Byte values, 1 where one is in the set; what is not ASCII counts as one value. */
export type Letters = Uint8Array;
export type Node =
  | { type: "set"; set: Letters }
  | { type: "all"; of: Node[] }
  | { type: "any"; of: Node[] }
  | { type: "group"; number: number; of: Node }
  | { type: "repeat"; of: Node; min: number; max: number; is_lazy: boolean }
  | { type: "border" | "end" }
  | { type: "not_before" | "not_after"; set: Letters };

/** No limit. */
export const UNBOUNDED = 65_535;
const NON_ASCII = 128;

/** The expression's text and the place up to which it is read. */
function createCursor(source: string) {
  let at = 0;
  return {
    peek: (ahead = 0): string | undefined => source[at + ahead],
    rest: (): string => source.slice(at),
    next: (): string => source[at++]!,
    isAtEnd: (): boolean => at >= source.length,
    takes(text: string): boolean {
      const isThere = source.startsWith(text, at);
      if (isThere) at += text.length;
      return isThere;
    },
    fail(what: string): never {
      throw new Error(`${what} at ${at} of ${source}`);
    },
  };
}
type Cursor = ReturnType<typeof createCursor>;

export function parseExpression({ source, flags }: RegExp): Node {
  const cursor = createCursor(source);
  const { takes, fail, peek } = cursor;
  const { letter, letterClass } = createLetters(cursor, flags.includes("i"));
  let groups = 0;

  function any(): Node {
    const of = [all()];
    while (takes("|")) of.push(all());
    return of.length === 1 ? of[0]! : { type: "any", of };
  }

  function all(): Node {
    const of: Node[] = [];
    while (!cursor.isAtEnd() && peek() !== "|" && peek() !== ")") of.push(repeated(one()));
    return { type: "all", of };
  }

  function repeated(of: Node): Node {
    const [min, max] = bounds(cursor);
    if (min === 1 && max === 1) return of;
    return { type: "repeat", of, min, max, is_lazy: takes("?") };
  }

  function one(): Node {
    if (takes("(?<!")) return { type: "not_before", set: oneLetter() };
    if (takes("(?!")) return { type: "not_after", set: oneLetter() };
    if (takes("(?:")) return parenthesised();
    if (takes("(")) return { type: "group", number: ++groups, of: parenthesised() };
    if (takes("\\b")) return { type: "border" };
    if (takes("$")) return { type: "end" };
    return { type: "set", set: takes("[") ? letterClass() : letter() };
  }

  function oneLetter(): Letters {
    const inner = parenthesised();
    const only = inner.type === "all" && inner.of.length === 1 ? inner.of[0] : undefined;
    return only?.type === "set" ? only.set : fail("more than one letter around a match");
  }

  function parenthesised(): Node {
    const inner = any();
    return takes(")") ? inner : fail("no end of a group");
  }

  const tree = any();
  return cursor.isAtEnd() ? tree : fail("a rest");
}

/** How often what precedes is repeated. */
function bounds({ takes, rest }: Cursor): [number, number] {
  if (takes("?")) return [0, 1];
  if (takes("*")) return [0, UNBOUNDED];
  if (takes("+")) return [1, UNBOUNDED];
  const braces = /^\{(\d+)(,?)(\d*)\}/.exec(rest());
  if (!braces) return [1, 1];
  takes(braces[0]);
  const min = Number(braces[1]);
  return [min, braces[3] ? Number(braces[3]) : braces[2] ? UNBOUNDED : min];
}

/** Reads one letter, or a class after its bracket. */
function createLetters({ takes, next, peek, fail }: Cursor, isFolded: boolean) {
  function letter(): Letters {
    if (takes("\\")) return escaped();
    const char = next();
    if (char === ".") return complement(lettersOf("\n\r"));
    return "^*+?(){}[]".includes(char) ? fail(`${char} is not known`) : fold(lettersOf(char));
  }

  function escaped(): Letters {
    const char = next();
    if (char === "d") return lettersOf("0123456789");
    if (char === "w") return wordLetters();
    if (char === "s") return lettersOf(" \t\n\v\f\r");
    if (char === "S") return complement(lettersOf(" \t\n\v\f\r"));
    if (char === "n") return lettersOf("\n");
    if (char === "r") return lettersOf("\r");
    return /\w/.test(char) ? fail(`\\${char} is not known`) : lettersOf(char);
  }

  function letterClass(): Letters {
    const isNot = takes("^");
    const set = new Uint8Array(NON_ASCII + 1);
    while (!takes("]")) {
      const isEscaped = takes("\\");
      const from = peek()!;
      const part = isEscaped ? escaped() : lettersOf(next());
      if (!isEscaped && peek() === "-" && peek(1) !== "]") {
        takes("-");
        for (let c = from.charCodeAt(0), to = next().charCodeAt(0); c <= to; c++) set[c] = 1;
      } else for (const [c, isIn] of part.entries()) set[c] ||= isIn;
    }
    return isNot ? complement(fold(set)) : fold(set);
  }

  function fold(set: Letters): Letters {
    if (!isFolded) return set;
    for (let c = 97; c <= 122; c++) set[c] = set[c - 32] = set[c]! | set[c - 32]!;
    return set;
  }

  return { letter, letterClass };
}

/** Letters that a match may begin with; all where it may be empty. */
export function firstLetters(node: Node): Letters {
  const found = firstOf(node);
  return found.is_empty ? found.set.fill(1) : found.set;
}

type First = { set: Letters; is_empty: boolean };

function firstOf(node: Node): First {
  switch (node.type) {
    case "set":
      return { set: node.set.slice(), is_empty: false };
    case "group":
      return firstOf(node.of);
    case "repeat": {
      const { set, is_empty } = firstOf(node.of);
      return { set, is_empty: is_empty || node.min === 0 };
    }
    case "any": {
      const all = node.of.map(firstOf);
      return { set: union(all), is_empty: all.some((one) => one.is_empty) };
    }
    case "all": {
      const all: First[] = [];
      for (const part of node.of) {
        all.push(firstOf(part));
        if (!all.at(-1)!.is_empty) return { set: union(all), is_empty: false };
      }
      return { set: union(all), is_empty: true };
    }
    default:
      return { set: new Uint8Array(NON_ASCII + 1), is_empty: true };
  }
}

function union(all: First[]): Letters {
  const set = new Uint8Array(NON_ASCII + 1);
  for (const one of all) for (const [value, isIn] of one.set.entries()) set[value] ||= isIn;
  return set;
}

function lettersOf(text: string): Letters {
  const set = new Uint8Array(NON_ASCII + 1);
  for (const char of text) set[Math.min(char.charCodeAt(0), NON_ASCII)] = 1;
  return set;
}

function wordLetters(): Letters {
  return lettersOf("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

function complement(set: Letters): Letters {
  return set.map((isIn) => 1 - isIn);
}
