/**
 * Longest answer of a tool, in characters: a client truncates a much longer one, and all of it fills the model's
 * context.
 */
const ANSWER_CHARACTERS = 20_000;

export type Page = { items: unknown[]; next_cursor: string | null };

/**
 * As many items as fit: a page that is too long is requested again with half as many, so that its cursor continues
 * exactly after its last item. A single item that is too long is returned without its longest texts.
 */
export async function fittingPage<P extends Page>(
  limit: number,
  load: (limit: number) => Promise<P> | P,
): Promise<P> {
  const page = await load(limit);
  if (JSON.stringify(page).length <= ANSWER_CHARACTERS) return page;
  return limit > 1
    ? fittingPage(Math.ceil(limit / 2), load)
    : { ...page, items: page.items.map((i) => cut(i, 500)) };
}

/** The same value with texts and lists of bounded length; omitted parts are counted in place. */
function cut(value: unknown, longest: number): unknown {
  if (typeof value === "string") return value.length <= longest ? value : `${value.slice(0, longest)}…`;
  if (Array.isArray(value)) {
    const kept = value.slice(0, 50).map((item) => cut(item, longest));
    return value.length > 50 ? [...kept, `… ${value.length - 50} more`] : kept;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cut(inner, longest)]));
}

/** A document within the bound, by ever shorter texts. */
export function fittingDocument(value: unknown): string {
  for (const longest of [2000, 200, 50]) {
    const text = JSON.stringify(cut(value, longest));
    if (text.length <= ANSWER_CHARACTERS) return text;
  }
  return JSON.stringify({ error: "the answer is too long; narrow the request" });
}
