import { shown } from "./tip.tsx";

/**
 * Exact values without a pointer. A focused row shows the values of all its cells; ← and → move between them. Rows and
 * figures without a control are tab stops themselves. A group (`data-roving`) is one tab stop, with arrow keys inside.
 */
const ROW = "li, tr, [role=row]";
const EXACT = ".exact";
/** Controls; a value alone is not one. */
const ACTS = `a[href], button:not(:disabled, ${EXACT}), input, select, textarea, summary`;
const STOP = `a[href], button:not(:disabled), [tabindex]`;
const VALUE = "[data-tip]";
const GROUP = "[data-roving]";
type Found = HTMLElement | SVGElement;

/** The last position in each group, to which Tab returns. */
const left = new WeakMap<Element, Found>();

const rowOf = (element: Element) => element.closest<HTMLElement>(ROW);
const within = (root: ParentNode, selector: string) => [...root.querySelectorAll<Found>(selector)];
const isSeen = (element: Found) => element.checkVisibility();

/** Reachable elements of a row, from its start; nested rows are separate rows. */
function stopsOf(row: HTMLElement): Found[] {
  const inner = within(row, `${STOP}, ${VALUE}`).filter((e) => rowOf(e) === row && isSeen(e));
  return row.matches(STOP) ? [row, ...inner] : inner;
}

/** The first stop of each row of a group, and each stop outside of its rows. */
function itemsOf(group: Element): Found[] {
  const rows = new Set<Element>();
  return within(group, STOP).filter((stop) => {
    if (stop.closest(GROUP) !== group || !isSeen(stop)) return false;
    const row = rowOf(stop);
    if (row === null || !group.contains(row)) return true;
    const isFirst = !rows.has(row);
    rows.add(row);
    return isFirst;
  });
}

/** One tab stop in the group. */
function settle(group: Element): void {
  const items = itemsOf(group);
  const last = left.get(group);
  const at = last && items.includes(last) ? last : items[0];
  for (const stop of within(group, STOP))
    if (stop.closest(GROUP) === group) setStop(stop, stop === at ? 0 : -1);
}

function setStop(element: Found, index: 0 | -1): void {
  if (element.getAttribute("tabindex") !== String(index)) element.setAttribute("tabindex", String(index));
}

/** Values come and go with the data, so each press of Tab checks again. */
function arrange(): void {
  for (const value of within(document, VALUE)) {
    const row = rowOf(value);
    if (row?.querySelector(ACTS)) {
      if (value.matches(EXACT)) setStop(value, -1);
    } else if (row?.parentElement) {
      row.parentElement.dataset.roving ??= "";
      if (!row.hasAttribute("tabindex")) setStop(row, -1);
      if (value.matches(EXACT)) setStop(value, -1);
    } else if (!value.matches(STOP)) setStop(value, value.closest(GROUP) ? -1 : 0);
  }
  for (const group of within(document, GROUP)) settle(group);
}

/** The values of a row, once each, next to the last of them. */
function showRow(at: Found): void {
  const row = rowOf(at);
  if (!row || !at.matches(":focus-visible")) return;
  if (!at.matches("[data-row]") && stopsOf(row).find((stop) => stop.matches(STOP)) !== at) return;
  const values = [row, ...within(row, VALUE).filter((e) => rowOf(e) === row && isSeen(e))];
  const texts = new Set(values.map((e) => e.dataset.tip ?? "").filter((text) => text !== ""));
  if (texts.size > 0) shown.value = { at, text: [...texts].join("\n"), by: values.at(-1)! };
}

const STEPS: Record<string, 1 | -1> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };

function onKey(event: KeyboardEvent): void {
  const { key, target, metaKey, ctrlKey, altKey, defaultPrevented } = event;
  if (key === "Tab") arrange();
  const by = STEPS[key];
  if (!by || metaKey || ctrlKey || altKey || defaultPrevented || !(target instanceof Element)) return;
  if (target.matches("input, select, textarea")) return;
  const next = nextOf(target as Found, by, key === "ArrowLeft" || key === "ArrowRight");
  if (!next) return;
  event.preventDefault();
  if (!next.matches(STOP)) {
    setStop(next, -1);
    // A click on a value must not move the focus.
    next.addEventListener("blur", () => next.removeAttribute("tabindex"), { once: true });
  }
  next.focus();
}

function nextOf(at: Found, by: 1 | -1, isAlong: boolean): Found | undefined {
  const row = rowOf(at);
  const group = at.closest(GROUP);
  const isRowOfGroup = row !== null && (group === null || group.contains(row));
  const inner = isRowOfGroup ? stopsOf(row) : [];
  if (isAlong && inner.length > 1) return inner[inner.indexOf(at) + by];
  const items = group ? itemsOf(group) : [];
  const from = items.findIndex((item) => item === at || (isRowOfGroup && row === rowOf(item)));
  return from < 0 ? undefined : items[from + by];
}

function onFocus({ target }: FocusEvent): void {
  if (!(target instanceof HTMLElement || target instanceof SVGElement)) return;
  const group = target.closest(GROUP);
  if (group && itemsOf(group).includes(target)) {
    left.set(group, target);
    settle(group);
  }
  showRow(target);
}

export function startReach(): void {
  document.addEventListener("keydown", onKey);
  document.addEventListener("focusin", onFocus);
  arrange();
}
