import { AppError } from "./errors.ts";

/** How one variable is read. Unset = default, empty = off, a bad value is an error that names the variable. */
export type Setting<Value> = {
  what: string;
  /** The default in words. */
  fallback: string;
  is_secret?: true;
  read(text: string | undefined, name: string): Value;
};

function refuse(name: string, problem: string, hint: string): never {
  throw new AppError("bad_config", `${name}${problem}`, { hint });
}

type Range = { what: string; min: number; max: number };

export function integer(of: Range & { unset: number }): Setting<number> {
  return {
    what: of.what,
    fallback: String(of.unset),
    read: (text, name) => (text ? whole(text, name, of, String(of.unset)) : of.unset),
  };
}

/** Null where it is off, the meaning of an empty variable. */
export function integerOrOff(of: Range & { unset: number | null; fallback: string }): Setting<number | null> {
  const { what, unset, fallback } = of;
  return {
    what,
    fallback,
    read(text, name) {
      if (text === undefined) return unset;
      return text === "" ? null : whole(text, name, of, fallback);
    },
  };
}

function whole(text: string, name: string, { min, max }: Range, fallback: string): number {
  // Not 1e3, 0x10 or blanks: what is read is what is written.
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const range = `a whole number from ${min} to ${max}`;
  return refuse(name, `=${text} is not ${range}`, `unset ${name} for the default of ${fallback}`);
}

/** The first word is the default. */
export function word<const Word extends string>(of: {
  what: string;
  words: readonly [Word, ...Word[]];
}): Setting<Word> {
  const [first] = of.words;
  return {
    what: of.what,
    fallback: first,
    read(text, name) {
      const found = text ? of.words.find((w) => w === text.toLowerCase()) : first;
      if (found !== undefined) return found;
      const words = of.words.join(", ");
      return refuse(name, `=${text} is not one of ${words}`, `unset ${name} for the default of ${first}`);
    },
  };
}

/** `unset` is undefined where a file decides when the variable does not. */
export function boolean<Unset extends boolean | undefined>(of: {
  what: string;
  unset: Unset;
}): Setting<boolean | Unset> {
  return {
    what: of.what,
    fallback: String(of.unset ?? false),
    read(text, name) {
      if (text === undefined) return of.unset;
      if (["", "false", "0", "no", "off"].includes(text.toLowerCase())) return false;
      if (["true", "1", "yes", "on"].includes(text.toLowerCase())) return true;
      return refuse(name, `=${text} is neither true nor false`, `unset ${name} for the default`);
    },
  };
}

/** As it is written; what it means depends on others, such as the home directory. */
export function text(of: {
  what: string;
  fallback: string;
  is_secret?: true;
  /** What is wrong with it, and the way out. */
  check?: (text: string) => [problem: string, hint: string] | undefined;
}): Setting<string | undefined> {
  const { check, ...rest } = of;
  return {
    ...rest,
    read(written, name) {
      const wrong = written ? check?.(written) : undefined;
      return wrong ? refuse(name, wrong[0], wrong[1]) : written;
    },
  };
}
