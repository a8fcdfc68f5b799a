/** Prints `hooks/native/rules.h`: the rules of `hooks/redact/patterns.ts` as programs of the carrier's matcher. */

import { COMMAND_START, FIELD_NAME, KEPT_NAME } from "../hooks/redact/names.ts";
import { EMAIL, PATTERNS, type Pattern, PLACEHOLDER, SECRET_NAME } from "../hooks/redact/patterns.ts";
import { firstLetters, type Letters, type Node, parseExpression, UNBOUNDED } from "./rule-parser.ts";

/** As `hooks/native/match.h` numbers them; each is one byte, followed by what it takes. */
const OPS = {
  match: 0,
  set: 1,
  run: 2,
  run_lazy: 3,
  either: 4,
  jump: 5,
  save: 6,
  not_before: 7,
  not_after: 8,
  border: 9,
  end: 10,
  repeat: 11,
} as const;

const low = (n: number) => n & 255;
const pair = (n: number) => [low(n), n >> 8];

/** Each set of letters once, by its number. */
function createSets() {
  const sets = new Map<string, number>();
  const setNumber = (set: Letters): number => {
    const key = set.join("");
    const known = sets.get(key) ?? sets.size;
    sets.set(key, known);
    return known;
  };
  return { sets, setNumber };
}

/** A group of one is what it contains. */
const contentOf = (node: Node): Node => (node.type === "all" && node.of.length === 1 ? node.of[0]! : node);

/** `either S L`: where S has the next letter try what follows, then what is L bytes on; `jump L` leaves out L bytes. */
const branch = (set: number, one: number[], others: number[]) => [
  OPS.either,
  set,
  ...pair(one.length + 3),
  ...one,
  OPS.jump,
  ...pair(others.length),
  ...others,
];

function createCompiler() {
  const { sets, setNumber } = createSets();
  function code(node: Node): number[] {
    switch (node.type) {
      case "set":
      case "not_before":
      case "not_after":
        return [OPS[node.type], setNumber(node.set)];
      case "border":
      case "end":
        return [OPS[node.type]];
      case "all":
        return node.of.flatMap(code);
      case "group":
        return [OPS.save, node.number * 2, ...code(node.of), OPS.save, node.number * 2 + 1];
      case "any":
        return either(node.of);
      case "repeat":
        return repeat(node);
    }
  }

  function either([first, ...rest]: Node[]): number[] {
    const one = code(first!);
    if (rest.length === 0) return one;
    const others = either(rest);
    return branch(setNumber(firstLetters(first!)), one, others);
  }

  function repeat({ of, min, max, is_lazy }: Node & { type: "repeat" }): number[] {
    const inner = contentOf(of);
    if (inner.type === "set")
      return [is_lazy ? OPS.run_lazy : OPS.run, setNumber(inner.set), ...pair(min), ...pair(max)];
    if (is_lazy) throw new Error("only letters are repeated lazily");
    const body = code(inner);
    if (min === 0 && max === 1)
      return [OPS.either, setNumber(firstLetters(inner)), ...pair(body.length), ...body];
    // Without a way back into it: so it must not be able to end elsewhere, which the test of equal finds checks.
    return [OPS.repeat, ...pair(min), ...pair(max), ...pair(body.length + 1), ...body, OPS.match];
  }

  return {
    code: (expression: RegExp) => [...code(parseExpression(expression)), OPS.match],
    firstOf: (expression: RegExp) => setNumber(firstLetters(parseExpression(expression))),
    sets,
  };
}

const hex = (bytes: Iterable<number>) => [...bytes].map((b) => `${b}`).join(",");
const wrap = (text: string) => text.replace(/(.{1,110}),/g, "$1,\n  ");
const quote = (text: string) => JSON.stringify(text);

/** One byte for eight values; above 127 there is one value. */
function bits(set: string): number[] {
  const bytes = new Array<number>(17).fill(0);
  for (const [value, isIn] of [...set].entries()) if (isIn === "1") bytes[value >> 3]! |= 1 << (value & 7);
  return bytes;
}

export function rulesHeader(): string {
  const compiler = createCompiler();
  const rules: Pattern[] = [...PATTERNS, EMAIL];
  const programs: number[] = [];
  const put = (expression: RegExp): number => {
    const at = programs.length;
    programs.push(...compiler.code(expression));
    return at;
  };
  const rows = rules.map(
    ({ kind, pattern, back, value }) =>
      `{${quote(kind)}, ${put(pattern)}, ${compiler.firstOf(pattern)}, ${back}, ${value ?? 0}}`,
  );
  const placeholder = put(PLACEHOLDER);
  const name = put(SECRET_NAME);
  const kept = put(KEPT_NAME);
  const command = put(COMMAND_START);
  const field = put(FIELD_NAME);
  const heads = PATTERNS.flatMap(({ heads }, rule) => heads.map((head) => ({ head, rule })))
    .map(({ head, rule }) => ({ head: head.toLowerCase(), rule }))
    .sort((a, b) => (a.head < b.head ? -1 : a.head > b.head ? 1 : a.rule - b.rule));
  const headless = PATTERNS.flatMap(({ heads }, rule) => (heads.length === 0 ? [rule] : []));
  return `/* Made from hooks/redact/patterns.ts by \`bun run build:hook\`. */
struct rule { const char *kind; unsigned short program; u8 first, back; signed char value; };
struct head { const char *text; u8 rule; };

#define UNBOUNDED ${UNBOUNDED}
#define EMAIL_RULE ${PATTERNS.length}
#define PLACEHOLDER_PROGRAM ${placeholder}
#define SECRET_NAME_PROGRAM ${name}
#define KEPT_NAME_PROGRAM ${kept}
#define COMMAND_PROGRAM ${command}
#define FIELD_NAME_PROGRAM ${field}
#define RULE_COUNT ${rules.length}
enum { ${Object.entries(OPS)
    .map(([op, n]) => `OP_${op.toUpperCase()} = ${n}`)
    .join(", ")} };

static const u8 letter_sets[][17] = {
${[...compiler.sets.keys()].map((set) => `  {${hex(bits(set))}},`).join("\n")}
};
static const u8 programs[] = {
  ${wrap(hex(programs))}
};
static const struct rule rules[] = {
${rows.map((row) => `  ${row},`).join("\n")}
};
static const u8 headless_rules[] = {${hex(headless)}};
/* In order; the letters are lower case. */
static const struct head heads[] = {
${heads.map(({ head, rule }) => `  {${quote(head)}, ${rule}},`).join("\n")}
};
`;
}
