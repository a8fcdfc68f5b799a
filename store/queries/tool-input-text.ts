import type { TextRole } from "../../schema/texts.ts";

/** A text as a search result shows it: the input of a tool is stored as JSON. */
export function shownText({ role }: { role: TextRole }, text: string): string {
  return role === "tool_input" ? inputText(text) : text;
}

/** Input of a tool as text: the value alone if there is only one, else a line for each field. */
function inputText(input: string): string {
  const fields = parse(input);
  if (!fields) return input;
  const values = Object.entries(fields).map(([name, value]) => [name, toText(value)] as const);
  return values.length === 1 ? values[0]![1] : values.map(([name, value]) => `${name}: ${value}`).join("\n");
}

const toText = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

/** A long input is stored truncated, so it may not be valid JSON. */
function parse(input: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(input);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && Object.keys(value).length > 0 ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
