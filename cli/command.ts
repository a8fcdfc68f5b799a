import type { ParseArgsOptionDescriptor } from "node:util";
import type { Config } from "../schema/config.ts";
import { AppError } from "../schema/errors.ts";

export type Option = ParseArgsOptionDescriptor & {
  what: string;
  /** Name of its value in the help; absent for switches. */
  value?: string;
  /** Without one of these it has no effect and is refused: an option `--why`, `<id>` for any argument, a first word. */
  needs?: readonly string[];
  /** Beside any of these it has no effect and is refused; written as for `needs`. */
  excludes?: readonly string[];
};
export type Values = Record<string, string | boolean | undefined>;

/** Input of a command. `config` is read on first use: help must work without a valid one. */
export type Call = {
  command: string;
  values: Values;
  positionals: string[];
  config(): Config;
};

/** Data for the overview and the suggestions; the rest of a command is loaded when it runs. */
export type Listed = {
  group: HelpGroup;
  name: string;
  summary: string;
  load(): Promise<Command>;
};
export type HelpGroup = "Running" | "Reading" | "Installing";
export type NamedCommand = Command & Pick<Listed, "name" | "summary">;

export type Command = {
  /** Names of the arguments, for the help; any number if the last one ends in `…`. */
  positionals?: readonly string[];
  /** Set if the first argument is required: its description, and a hint. */
  required?: { what: string; hint: string };
  /** The default first argument. */
  default_word?: string;
  options: Record<string, Option>;
  /** Text of the help below the options. */
  more?: string;
  /** Returns the exit code. */
  run(call: Call): Promise<number> | number;
};

export const JSON_OPTION: Option = { type: "boolean", what: "print JSON, including errors" };

export function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

export function flag(values: Values, name: string): boolean {
  return values[name] === true;
}

/** One of a few words, or an error that lists them. */
export function choice<T extends string>(values: Values, name: string, allowed: readonly T[]): T | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  const found = allowed.find((word) => word === value);
  if (found !== undefined) return found;
  throw new AppError("usage", `invalid value "${value}" for --${name}`, {
    hint: `one of: ${allowed.join(", ")}`,
  });
}

export async function loadCommand({ name, summary, load }: Listed): Promise<NamedCommand> {
  return { name, summary, ...(await load()) };
}

export function usageLine(command: NamedCommand): string {
  return ["hall-monitor", commandUsage(command), "[options]"].join(" ");
}

/** The name, `<required>` and `[optional]` arguments. */
export function commandUsage({ name, positionals = [], required }: NamedCommand): string {
  const parts = positionals.map((part, at) => (required && at === 0 ? `<${part}>` : `[${part}]`));
  return [name, ...parts].join(" ");
}
