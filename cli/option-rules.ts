import { AppError } from "../schema/errors.ts";
import type { NamedCommand, Values } from "./command.ts";

type Given = { values: Values; positionals: readonly string[] };

/** Options must have an effect in combination: one that would be ignored is rejected. */
export function checkRules(command: NamedCommand, given: Given): void {
  for (const [name, { needs, excludes }] of Object.entries(command.options)) {
    if (given.values[name] === undefined) continue;
    const other = excludes?.find((term) => isGiven(command, term, given));
    if (other !== undefined) refuse(command, `--${name} cannot be combined with ${spell(other)}`);
    if (needs && !needs.some((term) => isGiven(command, term, given)))
      refuse(command, `--${name} needs ${needs.map(spell).join(" or ")}`);
  }
}

/** A term is an option, `<id>` for any argument, or the word that must come first. */
function isGiven({ default_word }: NamedCommand, term: string, { values, positionals }: Given): boolean {
  if (term.startsWith("--")) return values[term.slice(2)] !== undefined;
  const first = positionals[0];
  return term.startsWith("<") ? first !== undefined : (first ?? default_word) === term;
}

function spell(term: string): string {
  if (term.startsWith("--")) return term;
  return term.startsWith("<") ? `an argument ${term}` : `\`${term}\``;
}

function refuse(command: NamedCommand, message: string): never {
  throw new AppError("usage", message, { hint: `see \`hall-monitor ${command.name} --help\`` });
}
