import { chooseDays, hasRange } from "../ranged.ts";
import { behind, go } from "../route.ts";
import { openSearch } from "../search/open.ts";
import { LINKS, linkTo } from "./rail.tsx";

/** A second key must follow the `g` within this time. */
const LEADER_MS = 1500;
const RANGE_KEYS: Record<string, string> = { t: "today", w: "7d", m: "30d" };
export const SEARCH_KEY = /^(Mac|iP)/.test(navigator.platform) ? "⌘K" : "Ctrl K";
export const SHORTCUTS: [keys: string, what: string][] = [
  [`/ or ${SEARCH_KEY}`, "Search"],
  ...LINKS.map(({ page, key }): [string, string] => [
    `g ${key}`,
    `Go to ${page[0]!.toUpperCase()}${page.slice(1)}`,
  ]),
  ["j k", "Next and previous row"],
  ["Enter", "Open the row"],
  ["← → ↑ ↓", "Values"],
  ["t w m", "Today, 7 days, 30 days"],
  ["n p", "Next and previous failure of a session"],
  ["Esc", "Close what is open"],
  ["?", "These shortcuts"],
];

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

export function startKeys(): void {
  let leader_ms = Number.NEGATIVE_INFINITY;
  document.addEventListener("keydown", (event) => {
    const { key, metaKey, ctrlKey, altKey } = event;
    if ((metaKey || ctrlKey) && key.toLowerCase() === "k") focusSearch(event);
    if (metaKey || ctrlKey || altKey || isTyping(event.target)) return;
    const isSecond = event.timeStamp - leader_ms < LEADER_MS;
    leader_ms = key === "g" && !isSecond ? event.timeStamp : Number.NEGATIVE_INFINITY;
    const link = isSecond ? LINKS.find((l) => l.key === key) : undefined;
    if (link) {
      event.preventDefault();
      go(linkTo(link.page));
    } else if (!isSecond) act(event);
  });
}

function act(event: KeyboardEvent): void {
  const { key } = event;
  if (key === "/") focusSearch(event);
  else if (key === "?") document.getElementById("help")?.togglePopover();
  else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
  else if (RANGE_KEYS[key] && hasRange(behind.peek().page)) chooseDays({ range: RANGE_KEYS[key] });
}

function focusSearch(event: KeyboardEvent): void {
  event.preventDefault();
  openSearch();
}

/** Rows are marked by the view; Enter is handled by the browser. */
function step(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next =
    rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
