import { AppError } from "./errors.ts";

/** `wins`: the file takes precedence over the variable; else it applies if the variable is not set. */
export type ConfigKey = { path: readonly [part: string, key: string]; wins?: true };

/** How one variable is read. Unset = default, empty = off, a bad value is an error that names the variable. */
export type Setting<Value> = {
  what: string;
  /** The default in words. */
  fallback: string;
  is_secret?: true;
  /** Meaning of an empty variable: off, or the same as unset. */
  empty: "off" | "default";
  /** The equivalent key of config.json. */
  in_config?: ConfigKey;
  read(text: string | undefined, name: string): Value;
};

function refuse(name: string, problem: string, hint: string): never {
  throw new AppError("bad_config", `${name}${problem}`, { hint });
}

type Range = { what: string; min: number; max: number };

export function integer(of: Range & { unset: number; in_config?: ConfigKey }): Setting<number> {
  return {
    what: of.what,
    fallback: String(of.unset),
    empty: "default",
    ...(of.in_config && { in_config: of.in_config }),
    read: (text, name) => (text ? whole(text, name, of, String(of.unset)) : of.unset),
  };
}

/** Null where it is off, the meaning of an empty variable. */
export function integerOrOff(of: Range & { unset: number | null; fallback: string }): Setting<number | null> {
  const { what, unset, fallback } = of;
  return {
    what,
    fallback,
    empty: "off",
    read(text, name) {
      if (text === undefined) return unset;
      return text === "" ? null : whole(text, name, of, fallback);
    },
  };
}

function whole(text: string, name: string, { min, max }: Range, fallback: string): number {
  // Rejects 1e3, 0x10 and blanks: the value must read as it is written.
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
    empty: "default",
    read(text, name) {
      const found = text ? of.words.find((w) => w === text.toLowerCase()) : first;
      if (found !== undefined) return found;
      const list = of.words.join(", ");
      return refuse(name, `=${text} is not one of ${list}`, `unset ${name} for the default of ${first}`);
    },
  };
}

/** `unset` is undefined if a file decides when the variable is unset. */
export function boolean<Unset extends boolean | undefined>(of: {
  what: string;
  unset: Unset;
  in_config?: ConfigKey;
}): Setting<boolean | Unset> {
  return {
    what: of.what,
    fallback: String(of.unset ?? false),
    empty: "off",
    ...(of.in_config && { in_config: of.in_config }),
    read(text, name) {
      if (text === undefined) return of.unset;
      if (["", "false", "0", "no", "off"].includes(text.toLowerCase())) return false;
      if (["true", "1", "yes", "on"].includes(text.toLowerCase())) return true;
      return refuse(name, `=${text} is neither true nor false`, `unset ${name} for the default`);
    },
  };
}

/** The fault of a text, and the fix. */
type Check = (text: string) => [problem: string, hint: string] | undefined;
type Text = { what: string; empty?: Setting<string>["empty"]; check?: Check };

/** The text as written, or the default as text. */
export function textOr(of: Text & { unset: string }): Setting<string> {
  const { read, ...rest } = text({ ...of, fallback: of.unset });
  return {
    ...rest,
    read: (written, name) =>
      (rest.empty === "default" && written === "" ? undefined : read(written, name)) ?? of.unset,
  };
}

/** The text as written; its meaning depends on other settings, such as the home directory. */
export function text(
  of: Text & { fallback: string; is_secret?: true; in_config?: ConfigKey },
): Setting<string | undefined> {
  const { check, ...rest } = of;
  return {
    empty: "off",
    ...rest,
    read(written, name) {
      const wrong = written ? check?.(written) : undefined;
      return wrong ? refuse(name, wrong[0], wrong[1]) : written;
    },
  };
}
