import { signal } from "@preact/signals";
import {
  matchPage,
  PAGES,
  type PageMatch,
  type PageParams,
  type PageQuery,
  pagePath,
  pathOfHash,
} from "../../schema/pages.ts";

export type Route = PageMatch & { query: PageQuery };

/** Everything that the user has chosen is in the address, so a reload or a copied link shows the same. */
function parseAddress(pathname: string, search: string): Route {
  const match = matchPage(pathname) ?? { page: "now", params: {} };
  return { ...match, query: Object.fromEntries(new URLSearchParams(search)) };
}

export const toPath = ({ page, params, query }: Route): string =>
  pagePath(page, params as PageParams<typeof page>, query);

export const sessionHref = (key: string): string => pagePath("session", { key });

export const route = signal<Route>({ page: "now", params: {}, query: {} });
/** The list of sessions as it was last filtered: going back keeps the filter. */
export const overview = signal<string>(PAGES.sessions);
/** The route behind a request's drawer. */
export const behind = signal<Route>({ page: "costs", params: {}, query: {} });

function read(): void {
  const old = pathOfHash(location.hash);
  if (old !== undefined) history.replaceState(null, "", old);
  route.value = parseAddress(location.pathname, location.search);
  if (route.value.page === "sessions") overview.value = toPath(route.value);
  if (route.value.page !== "request") behind.value = route.value;
}

export function startRouting(): void {
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
  document.addEventListener("click", follow);
  read();
}

/** A plain click on a link to a view stays in this page; the browser handles any other click. */
function follow(event: MouseEvent): void {
  const { button, metaKey, ctrlKey, shiftKey, altKey, defaultPrevented, target } = event;
  if (button !== 0 || metaKey || ctrlKey || shiftKey || altKey || defaultPrevented) return;
  const link = target instanceof Element ? target.closest("a") : null;
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.hash !== "" || !matchPage(link.pathname)) return;
  event.preventDefault();
  go(link.pathname + link.search, link.dataset.inPlace !== undefined);
}

/** `isInPlace`: something opens over the view; scroll position and focus are kept. */
export function go(path: string, isInPlace = false): void {
  if (path !== location.pathname + location.search) history.pushState(null, "", path);
  const before = behind.peek().page;
  read();
  // A drawer opens over the view, and takes the focus itself.
  if (
    isInPlace ||
    route.peek().page === "request" ||
    (route.peek().page === before && document.querySelector("dialog[open]"))
  )
    return;
  scrollTo(0, 0);
  // Keyboard and screen-reader users continue at the start of the new content.
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** Typing into a filter replaces the entry: Back leaves the page, not the last letter. `isStep`: Back undoes it. */
export function setQuery(change: PageQuery, isStep = false): void {
  const { query, ...view } = route.value;
  const path = toPath({ ...view, query: { ...query, ...change } });
  if (path === location.pathname + location.search) return;
  history[isStep ? "pushState" : "replaceState"](null, "", path);
  read();
}
