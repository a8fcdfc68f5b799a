/**
 * Every view of the page, by its path. The server serves the page for them, the guard lets links from other sites open
 * them, and the page links and shows them. This is the only place that describes them.
 */
export const PAGES = {
  now: "/",
  sessions: "/sessions",
  session: "/sessions/:key",
  costs: "/costs",
  request: "/requests/:key",
  limits: "/limits",
  events: "/events",
  tools: "/tools",
  plans: "/plans",
  plan: "/plans/:name",
  health: "/health",
} as const;

export type PageName = keyof typeof PAGES;
type ParamOf<Path> = Path extends `${string}:${infer Name}` ? Name : never;
export type PageParams<Name extends PageName> = Record<ParamOf<(typeof PAGES)[Name]>, string>;
export type PageMatch = { page: PageName; params: Record<string, string> };
export type PageQuery = Record<string, string>;

const ENTRIES = Object.entries(PAGES).map(([page, path]) => ({
  page: page as PageName,
  parts: path.split("/"),
}));

/** The view of a path as spelled in a URL; undefined where there is none. */
export function matchPage(pathname: string): PageMatch | undefined {
  const parts = pathname.split("/");
  for (const { page, parts: wanted } of ENTRIES) {
    if (wanted.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const isIt = wanted.every((part, i) => {
      const given = parts[i]!;
      if (!part.startsWith(":")) return part === given;
      params[part.slice(1)] = decode(given);
      return given !== "";
    });
    if (isIt) return { page, params };
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a view; empty query parameters are omitted. Colons stay readable. */
export function pagePath<Name extends PageName>(
  page: Name,
  params: PageParams<Name>,
  query: PageQuery = {},
): string {
  const path = PAGES[page].replace(/:(\w+)/g, (_, name: string) => encode((params as PageQuery)[name] ?? ""));
  const kept = Object.entries(query).filter(([, value]) => value !== "");
  const search = new URLSearchParams(kept).toString().replaceAll("%3A", ":");
  return search ? `${path}?${search}` : path;
}

const encode = (text: string) => encodeURIComponent(text).replaceAll("%3A", ":");

/** The path for a link from before there were paths: `#/session/<key>?tool=Bash`. Undefined for any other hash. */
export function pathOfHash(hash: string): string | undefined {
  if (!hash.startsWith("#/")) return undefined;
  const [path = "", search = ""] = hash.slice(2).split("?");
  const query = Object.fromEntries(new URLSearchParams(search));
  const [view, key = ""] = path.split("/");
  if (view === "session" && key !== "") return pagePath("session", { key: decode(key) }, query);
  const { tool, category, session, q, state } = query;
  if (tool || category || session) return pagePath("events", {}, query);
  return pagePath(q || state ? "sessions" : "now", {}, query);
}
