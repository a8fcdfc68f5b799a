import { parseArgs } from "node:util";
import { AppError } from "../schema/errors.ts";
import type { NamedCommand, Values } from "./command.ts";
import { suggest } from "./suggest.ts";

export type Arguments = { values: Values; positionals: string[] };

const HELP = { type: "boolean", short: "h" } as const;

/** Reads what follows the command's name; whatever is not understood is an error with what was meant. */
export function readArguments(command: NamedCommand, argv: string[]): Arguments {
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
    refuseSurplus(command, positionals);
    return { values: values as Values, positionals };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const message = cause instanceof Error ? (cause.message.split(". ")[0] ?? "") : String(cause);
    throw new AppError("usage", message, { hint: seeHelp(command), cause });
  }
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
  for (const token of tokens) {
    if (token.kind === "option-terminator") return;
    if (token.kind !== "option" || !token.rawName.startsWith("--")) continue;
    if (known.includes(token.name)) continue;
    const meant = suggest(token.name, known);
    throw new AppError("usage", `unknown option ${token.rawName} for ${command.name}`, {
      hint: meant ? `did you mean --${meant}?` : seeHelp(command),
    });
  }
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
