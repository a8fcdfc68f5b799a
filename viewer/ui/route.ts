import { signal } from "@preact/signals";
import {
  matchPage,
  type PageMatch,
  type PageParams,
  type PageQuery,
  pagePath,
  pathOfHash,
} from "../../schema/pages.ts";

export type Route = PageMatch & { query: PageQuery };

/** Everything that a person has chosen is in the address, so a reload or a copied link shows the same. */
function parseAddress(pathname: string, search: string): Route {
  const match = matchPage(pathname) ?? { page: "now", params: {} };
  return { ...match, query: Object.fromEntries(new URLSearchParams(search)) };
}

const toPath = ({ page, params, query }: Route): string =>
  pagePath(page, params as PageParams<typeof page>, query);

export const sessionHref = (key: string): string => pagePath("session", { key });

export const route = signal<Route>({ page: "now", params: {}, query: {} });
/** The overview as it was last filtered: a way back keeps what was chosen. */
export const overview = signal("/");

function read(): void {
  const old = pathOfHash(location.hash);
  if (old !== undefined) history.replaceState(null, "", old);
  route.value = parseAddress(location.pathname, location.search);
  if (route.value.page === "now") overview.value = toPath(route.value);
}

export function startRouting(): void {
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
  document.addEventListener("click", follow);
  read();
}

/** A plain click on a link to a view stays in this page; any other click is the browser's. */
function follow(event: MouseEvent): void {
  const { button, metaKey, ctrlKey, shiftKey, altKey, defaultPrevented, target } = event;
  if (button !== 0 || metaKey || ctrlKey || shiftKey || altKey || defaultPrevented) return;
  const link = target instanceof Element ? target.closest("a") : null;
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.hash !== "" || !matchPage(link.pathname)) return;
  event.preventDefault();
  if (link.href !== location.href) history.pushState(null, "", link.href);
  read();
  scrollTo(0, 0);
  // Whoever follows a link by keyboard or ear goes on where the new content begins.
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** Typing into a filter replaces the entry: Back leaves the page, not the last letter. */
export function setQuery(change: PageQuery): void {
  const { query, ...view } = route.value;
  history.replaceState(null, "", toPath({ ...view, query: { ...query, ...change } }));
  read();
}
