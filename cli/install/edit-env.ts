import { append, apply, type Edit, last, remove, styleOf } from "./edit.ts";
import { membersOf, rootOf } from "./json-spans.ts";

export type Environment = Record<string, string>;

/** The settings with these variables in `env`; an existing one gets the new value in place. */
export function setEnv(text: string, wanted: Environment): string {
  const style = styleOf(text);
  const root = rootOf(text);
  const top = membersOf(text, root);
  const env = last(top, "env");
  if (!env) return apply(text, [append(text, root, top, [{ key: "env", value: wanted }], style)]);
  const members = membersOf(text, env.value);
  const edits: Edit[] = [];
  const missing: { key: string; value: string }[] = [];
  for (const [key, value] of Object.entries(wanted)) {
    const member = last(members, key);
    if (member) edits.push({ ...member.value, insert: JSON.stringify(value) });
    else missing.push({ key, value });
  }
  if (missing.length > 0) edits.push(append(text, env.value, members, missing, style));
  return apply(text, edits);
}

/** Restores each variable, and removes those that did not exist; a variable changed since is kept. */
export function unsetEnv(text: string, ours: Environment, before: Environment | undefined): string {
  const root = rootOf(text);
  const top = membersOf(text, root);
  const env = last(top, "env");
  if (!env) return text;
  const members = membersOf(text, env.value);
  const isOurs = (key: string, raw: string) => Object.hasOwn(ours, key) && raw === JSON.stringify(ours[key]);
  const held = members.filter((m) => isOurs(m.key, text.slice(m.value.start, m.value.end)));
  const gone = new Set(held.filter((m) => before?.[m.key] === undefined));
  if (gone.size === members.length && before === undefined)
    return apply(
      text,
      remove(root, top, (m) => m === env),
    );
  const edits = held.flatMap((m): Edit[] => {
    const old = before?.[m.key];
    return old === undefined ? [] : [{ ...m.value, insert: JSON.stringify(old) }];
  });
  return apply(text, [...edits, ...remove(env.value, members, (m) => gone.has(m))]);
}
