import { type JsonString, meaningOf, stringsOf } from "./json.ts";
import { isPlaceholder, SECRET_NAME } from "./patterns.ts";

export const NAMED = "[redacted:named_secret]";
const SHORTEST_VALUE = 4;

/**
 * A JSON text with `cover` applied to its strings, and with whole strings covered if their name is that of a secret; a
 * text that is not JSON is covered as it is. Nothing else of the text changes.
 */
export function coverJson(json: string, cover: (text: string) => string): string {
  let out = "";
  let from = 0;
  let secretDepth: number | undefined;
  const all = stringsOf(json);
  for (let next = all.next(); ; next = all.next()) {
    if (next.done) return next.value ? out + json.slice(from) : cover(json);
    const string = next.value;
    const text = meaningOf(json, string);
    const isSecret = !string.is_name && secretDepth !== undefined && string.depth >= secretDepth;
    const covered = isSecret && isValue(text) ? NAMED : cover(text);
    if (string.is_name) secretDepth = isSecretName(text) ? string.depth : undefined;
    if (covered === text) continue;
    out += json.slice(from, string.start) + JSON.stringify(covered).slice(1, -1);
    from = string.end;
  }
}

export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** Whether a field of this name has to be covered whole. */
export const isValue = (text: string): boolean =>
  [...text.slice(0, 2 * SHORTEST_VALUE)].length >= SHORTEST_VALUE && !isPlaceholder(text);

/** The value of a top-level string of a JSON text: the last one of that name. */
export function topString(json: string, name: string): string | undefined {
  let found: string | undefined;
  let last: JsonString | undefined;
  const all = stringsOf(json);
  for (let next = all.next(); ; next = all.next()) {
    if (next.done) return next.value ? found : undefined;
    const string = next.value;
    if (string.depth !== 1) continue;
    const isIt = last?.is_name && json.slice(last.start, last.end) === name;
    if (!string.is_name && isIt) found = meaningOf(json, string);
    last = string;
  }
}
