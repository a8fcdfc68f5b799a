import { itemsOf, type Member, membersOf, rootOf, type Span } from "./json-spans.ts";

export type HookEntries = Record<string, unknown>;
export type Edit = Span & { insert: string };
type Style = { eol: string; unit: string };

/** Identifies our entries, and the installation to which they refer. */
const OURS = /^(.*)\/hooks\/hall$/s;
const OURS_OF_CODEX = /^'(.*)\/hooks\/hall' codex(?: start)?$/s;
const FIRST_WORDS: readonly unknown[] = ["claude", "stop"];
/** `$0` of the shell in entries of version 0.1. */
const FORMER_MARK = "hall-monitor";

/** The installation of an entry of ours; undefined for other entries. */
export function placeOf(hook: unknown): string | undefined {
  const { command, args } = (hook ?? {}) as { command?: unknown; args?: unknown };
  // Codex knows no arguments: its command is a line for the shell.
  if (!Array.isArray(args)) return OURS_OF_CODEX.exec(String(command))?.[1]?.replaceAll(`'\\''`, "'");
  if (args[2] === FORMER_MARK) return String(args[3]);
  return FIRST_WORDS.includes(args[0]) ? OURS.exec(String(command))?.[1] : undefined;
}

export function isOurs(hook: unknown): boolean {
  return placeOf(hook) !== undefined;
}

export function isHardStop(hook: unknown): boolean {
  const args = (hook as { args?: unknown[] } | null)?.args;
  return isOurs(hook) && (args?.[0] === "stop" || args?.[4] === "hard-stop");
}

/** The settings with one more entry per event, after the existing ones; the rest of the text is unchanged. */
export function addHooks(text: string, entries: HookEntries): string {
  const style = styleOf(text);
  const root = rootOf(text);
  const hooks = last(membersOf(text, root), "hooks");
  if (!hooks) {
    const all = Object.fromEntries(Object.entries(entries).map(([event, entry]) => [event, [entry]]));
    return apply(text, [append(text, root, membersOf(text, root), [{ key: "hooks", value: all }], style)]);
  }
  const events = membersOf(text, hooks.value);
  const edits: Edit[] = [];
  const missing: Child[] = [];
  for (const [event, entry] of Object.entries(entries)) {
    const member = last(events, event);
    if (member)
      edits.push(append(text, member.value, itemsOf(text, member.value), [{ value: entry }], style));
    else missing.push({ key: event, value: [entry] });
  }
  if (missing.length > 0) edits.push(append(text, hooks.value, events, missing, style));
  return apply(text, edits);
}

/** Without our entries, and without the lists that only they needed; `keep` names earlier ones. */
export function removeHooks(text: string, keep: { hooks: boolean; events: ReadonlySet<string> }): string {
  const root = rootOf(text);
  const top = membersOf(text, root);
  const hooks = last(top, "hooks");
  if (!hooks) return text;
  const events = membersOf(text, hooks.value);
  const edits: Edit[] = [];
  const emptied = new Set<Member>();
  for (const event of events) {
    const { edits: inner, isEmptied } = withoutOurs(text, event.value);
    if (isEmptied && !keep.events.has(event.key)) emptied.add(event);
    else edits.push(...inner);
  }
  if (emptied.size === 0 && edits.length === 0) return text;
  if (emptied.size === events.length && !keep.hooks)
    return apply(
      text,
      remove(root, top, (m) => m === hooks),
    );
  return apply(text, [...edits, ...remove(hooks.value, events, (m) => emptied.has(m))]);
}

function withoutOurs(text: string, list: Span): { edits: Edit[]; isEmptied: boolean } {
  if (text[list.start] !== "[") return { edits: [], isEmptied: false };
  const items = itemsOf(text, list);
  const gone = new Set<Span>();
  const edits: Edit[] = [];
  for (const item of items) {
    if (text[item.start] !== "{") continue;
    const inner = last(membersOf(text, item), "hooks")?.value;
    if (!inner || text[inner.start] !== "[") continue;
    const hooks = itemsOf(text, inner);
    const ours = new Set(hooks.filter((h) => isOurs(JSON.parse(text.slice(h.start, h.end)))));
    if (ours.size > 0 && ours.size === hooks.length) gone.add(item);
    else edits.push(...remove(inner, hooks, (h) => ours.has(h)));
  }
  if (items.length > 0 && gone.size === items.length)
    return { edits: remove(list, items, () => true), isEmptied: true };
  return { edits: [...edits, ...remove(list, items, (i) => gone.has(i))], isEmptied: false };
}

export function remove<S extends Span>(
  container: Span,
  children: S[],
  isGone: (child: S) => boolean,
): Edit[] {
  if (children.length > 0 && children.every(isGone))
    return [{ start: container.start + 1, end: container.end - 1, insert: "" }];
  let hasKept = false;
  return children.flatMap((child, i) => {
    if (!isGone(child)) {
      hasKept = true;
      return [];
    }
    // After a remaining member the preceding comma is removed, before one the following comma.
    if (hasKept) return [{ start: children[i - 1]!.end, end: child.end, insert: "" }];
    return [{ start: child.start, end: children[i + 1]!.start, insert: "" }];
  });
}

type Child = { key?: string; value: unknown };

export function append(text: string, container: Span, children: Span[], added: Child[], style: Style): Edit {
  const first = children[0];
  const lastChild = children.at(-1);
  if (first && lastChild) {
    const before = text.slice(container.start + 1, first.start);
    const indent = before.includes("\n") ? before.slice(before.lastIndexOf("\n") + 1) : undefined;
    const insert = added.map(
      (child) => `,${indent === undefined ? "" : style.eol + indent}${render(child, indent, style)}`,
    );
    return { start: lastChild.end, end: lastChild.end, insert: insert.join("") };
  }
  const outer = /^[ \t]*/.exec(text.slice(text.lastIndexOf("\n", container.start) + 1))![0];
  const indent = outer + style.unit;
  const parts = added.map((child) => style.eol + indent + render(child, indent, style));
  const closing = text.slice(container.start, container.end).includes("\n") ? "" : style.eol + outer;
  return { start: container.start + 1, end: container.start + 1, insert: parts.join(",") + closing };
}

/** On one line if its neighbours are on one line. */
function render({ key, value }: Child, indent: string | undefined, { eol, unit }: Style): string {
  if (indent === undefined)
    return (key === undefined ? "" : `${JSON.stringify(key)}:`) + JSON.stringify(value);
  const body = JSON.stringify(value, undefined, unit || " ").replaceAll("\n", eol + indent);
  return (key === undefined ? "" : `${JSON.stringify(key)}: `) + body;
}

export function styleOf(text: string): Style {
  const unit = /\n([ \t]+)"/.exec(text)?.[1] ?? "  ";
  return { eol: /\r\n/.test(text) ? "\r\n" : "\n", unit: unit.slice(0, 10) };
}

/** Of two members with the same key, `JSON.parse` takes the last. */
export function last(members: Member[], key: string): Member | undefined {
  return members.findLast((m) => m.key === key);
}

export function apply(text: string, edits: Edit[]): string {
  let out = text;
  for (const { start, end, insert } of edits.toSorted((a, b) => b.start - a.start))
    out = out.slice(0, start) + insert + out.slice(end);
  return out;
}
