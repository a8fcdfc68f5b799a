import { suggest } from "./suggest.ts";

export type NearSetting = { name: string; meant: string | undefined };

const PREFIX = "HALL_";
/** Other programs have many names that begin like a setting, so a short common prefix does not count. */
const LEAST_CHARS = 8;
/** Settings about agents, plans or limits without their prefix. */
const ABOUT_AGENTS = /^(HALL|CLAUDE|CODEX|ENABLE|PLANS?|OTLP|LIMITS?)_/;

/** Variables that look like a setting but are not one: they have no effect, and nothing else would report them. */
export function findNearSettings(variables: readonly string[], known: readonly string[]): NearSetting[] {
  return variables
    .filter((name) => !known.includes(name))
    .map((name) => ({ name, meant: meantBy(name, known) }))
    .filter(({ name, meant }) => meant !== undefined || name.startsWith(PREFIX))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function meantBy(written: string, known: readonly string[]): string | undefined {
  const name = written.toUpperCase();
  if (known.includes(name)) return name;
  if (name.length < LEAST_CHARS) return undefined;
  const direct = suggest(name, known);
  if (direct !== undefined) return direct;
  if (name.startsWith(PREFIX)) return suggest(name.slice(PREFIX.length), known);
  return ABOUT_AGENTS.test(name) ? suggest(PREFIX + name, known) : undefined;
}
