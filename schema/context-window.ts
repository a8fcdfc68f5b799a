/** Tokens that a model takes in, by its vendor's pages: https://docs.claude.com/en/docs/about-claude/models and https://platform.openai.com/docs/models */
const WINDOWS: [name: RegExp, tokens: number][] = [
  [/^claude-/, 200_000],
  [/^gpt-5/, 272_000],
];
/** Models of Claude are offered with a larger window as well; whoever is above the smaller one has it. */
const LARGE = 1_000_000;

/** How much a context of so many tokens may grow to; null where it is not known. */
export function contextWindow(model: string, tokens: number): number | null {
  const known = WINDOWS.find(([name]) => name.test(model))?.[1] ?? null;
  if (known === null || tokens <= known) return /\[1m\]$/.test(model) ? LARGE : known;
  return model.startsWith("claude-") && tokens <= LARGE ? LARGE : null;
}
