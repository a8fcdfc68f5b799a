import { signal } from "@preact/signals";

export type Route = { view: "hall" | "session"; session_key: string; query: Record<string, string> };

/** Everything that a person has chosen is in the address, so a reload or a copied link shows the same. */
export function parseHash(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const query = Object.fromEntries(new URLSearchParams(search));
  const [view, key = ""] = path.split("/");
  if (view === "session" && key) return { view: "session", session_key: decode(key), query };
  return { view: "hall", session_key: "", query };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function toHash(route: Route): string {
  const kept = Object.entries(route.query).filter(([, value]) => value !== "");
  const search = new URLSearchParams(kept).toString().replaceAll("%3A", ":");
  const path =
    route.view === "session" ? `session/${encodeURIComponent(route.session_key).replaceAll("%3A", ":")}` : "";
  return `#/${path}${search ? `?${search}` : ""}`;
}

export function sessionHref(session_key: string): string {
  return toHash({ view: "session", session_key, query: {} });
}

export const route = signal<Route>({ view: "hall", session_key: "", query: {} });

export function startRouting(): void {
  const read = () => {
    route.value = parseHash(location.hash);
  };
  addEventListener("hashchange", read);
  read();
}

/** Typing into a filter replaces the entry: Back leaves the page, not the last letter. */
export function setQuery(change: Record<string, string>): void {
  const next = { ...route.value, query: { ...route.value.query, ...change } };
  history.replaceState(null, "", toHash(next));
  route.value = parseHash(location.hash);
}
