/** Rows as numbers in one buffer, with one string for all ids and one for other texts. */
export type Cells = { cells: Float64Array<ArrayBuffer>; texts: string; words: string };
export type CellWriter = ReturnType<typeof cellWriter>;
export type CellReader = ReturnType<typeof cellReader>;

/** The value of a text's cell instead of its length. */
const SAME = -1;
const ABSENT = -2;
/** In a number's cell. */
const NONE = Number.NaN;

/** Used again for every read: fresh memory would cost as much as filling it. */
let scratch = new Float64Array(64 * 1024);

export function cellWriter() {
  let cells = scratch;
  let count = 0;
  const texts: string[] = [];
  const words: string[] = [];

  function number(value: number): void {
    if (count === cells.length) {
      const larger = new Float64Array(count * 2);
      larger.set(cells);
      cells = larger;
      scratch = larger;
    }
    cells[count++] = value;
  }

  function numbers(values: readonly number[]): void {
    number(values.length);
    for (const value of values) number(value);
  }

  /** For ASCII: one letter beyond would double the whole string. */
  function id(value: string | undefined, above: string | undefined): void {
    if (value === above) number(SAME);
    else if (value === undefined) number(ABSENT);
    else {
      texts.push(value);
      number(value.length);
    }
  }

  return {
    number,
    numbers,
    maybe: (value: number | null | undefined): void => number(value ?? NONE),
    flag: (value: boolean): void => number(value ? 1 : 0),
    id,
    /** A vendor's id, which mostly is the end of the key that is made of it. */
    end(key: string, value: string): void {
      if (key.endsWith(value)) number(value.length);
      else {
        number(NONE);
        id(value, undefined);
      }
    },
    /** Anything else. */
    words(value: string | undefined): void {
      number(value === undefined ? ABSENT : value.length);
      if (value) words.push(value);
    },
    packed: () => ({ cells: cells.slice(0, count), texts: texts.join(""), words: words.join("") }),
  };
}

/** Takes cells in the order in which they were put. */
export function cellReader({ cells, texts, words }: Cells) {
  let at = 0;
  let textAt = 0;
  let wordsAt = 0;

  function maybeId(above: string | undefined): string | undefined {
    const length = cells[at++]!;
    if (length === SAME) return above;
    if (length === ABSENT) return undefined;
    textAt += length;
    return texts.slice(textAt - length, textAt);
  }

  function nullable(): number | null {
    const value = cells[at++]!;
    return Number.isNaN(value) ? null : value;
  }

  return {
    number: (): number => cells[at++]!,
    numbers(): number[] {
      const from = at + 1;
      at = from + cells[at]!;
      return Array.from(cells.subarray(from, at));
    },
    maybe: (): number | undefined => nullable() ?? undefined,
    flag: (): boolean => cells[at++] === 1,
    maybeId,
    end(key: string): string {
      const length = nullable();
      return length === null ? (maybeId(undefined) as string) : key.slice(key.length - length);
    },
    words(): string | undefined {
      const length = cells[at++]!;
      if (length === ABSENT) return undefined;
      wordsAt += length;
      return words.slice(wordsAt - length, wordsAt);
    },
  };
}
