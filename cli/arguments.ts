import { parseArgs } from "node:util";
import { AppError } from "../schema/errors.ts";
import { suggest } from "../schema/suggest.ts";
import type { NamedCommand, Values } from "./command.ts";
import { checkRules } from "./option-rules.ts";

export type Arguments = { values: Values; positionals: string[] };

const HELP = { type: "boolean", short: "h" } as const;

/** Parses the arguments after the command's name; anything unknown is an error with a suggestion. */
export function readArguments(command: NamedCommand, given: string[]): Arguments {
  const argv = withNegatives(command, given);
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, o]) => [
      name,
      o.short ? { type: o.type, short: o.short } : { type: o.type },
    ]),
  );
  refuseUnknown(command, argv);
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options: { ...options, help: HELP },
      allowPositionals: true,
      strict: true,
    });
    refuseEmpty(command, values, positionals);
    refuseMissing(command, positionals);
    refuseSurplus(command, positionals);
    checkRules(command, { values: values as Values, positionals });
    return { values: values as Values, positionals };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("usage", toMessage(cause, command), { hint: seeHelp(command), cause });
  }
}

/** `--limit-usd -3` as `--limit-usd=-3`: a negative number is a value, and the command validates it. */
function withNegatives({ options }: NamedCommand, given: string[]): string[] {
  const argv: string[] = [];
  for (const word of given) {
    const before = argv.at(-1) ?? "";
    const isValue = /^-\.?\d/.test(word) && options[before.replace(/^--/, "")]?.type === "string";
    if (isValue && before.startsWith("--") && !argv.includes("--")) argv.push(`${argv.pop()}=${word}`);
    else argv.push(word);
  }
  return argv;
}

function refuseUnknown(command: NamedCommand, argv: string[]): void {
  const known = [...Object.keys(command.options), "help"];
  const { tokens } = parseArgs({
    args: argv,
    options: {},
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "option-terminator") return;
    if (token.kind !== "option" || !token.rawName.startsWith("--")) continue;
    if (known.includes(token.name)) {
      refuseTwice(command, token.name, seen);
      continue;
    }
    const meant = suggest(token.name, known);
    throw new AppError("usage", `unknown option ${token.rawName} for ${command.name}`, {
      hint: meant ? `did you mean --${meant}?` : seeHelp(command),
    });
  }
}

/** The last one would silently override the others. */
function refuseTwice(command: NamedCommand, name: string, seen: Set<string>): void {
  if (seen.has(name) && command.options[name]?.type === "string")
    throw new AppError("usage", `--${name} is given twice`, { hint: seeHelp(command) });
  seen.add(name);
}

/** Errors of Node's parser, in the form of all other errors. */
function toMessage(cause: unknown, command: NamedCommand): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const [, option = ""] = /'(?:-\w, )?(--?[\w-]+)/.exec(text) ?? [];
  if (/missing|ambiguous/.test(text)) return `${option} needs a value`;
  if (text.includes("does not take")) return `${option} takes no value`;
  return option === "" ? text : `unknown option ${option} for ${command.name}`;
}

/** An empty value is usually an unset variable of a script. */
function refuseEmpty(command: NamedCommand, values: Record<string, unknown>, positionals: string[]): void {
  const empty = Object.keys(values).find((name) => values[name] === "");
  if (empty !== undefined)
    throw new AppError("usage", `--${empty} needs a value`, { hint: seeHelp(command) });
  if (positionals.includes(""))
    throw new AppError("usage", `an argument of ${command.name} is empty`, { hint: seeHelp(command) });
}

function refuseMissing({ name, required }: NamedCommand, positionals: string[]): void {
  if (required && positionals.length === 0)
    throw new AppError("usage", `${name} needs ${required.what}`, { hint: required.hint });
}

function refuseSurplus(command: NamedCommand, positionals: string[]): void {
  if (command.positionals?.at(-1)?.endsWith("…")) return;
  const surplus = positionals[command.positionals?.length ?? 0];
  if (surplus === undefined) return;
  throw new AppError("usage", `unexpected argument "${surplus}" for ${command.name}`, {
    hint: seeHelp(command),
  });
}

function seeHelp(command: NamedCommand): string {
  return `see \`hall-monitor ${command.name} --help\``;
}
