import type { RouteKey } from "./api.ts";
import type { RouteArgument, RouteInput } from "./api-types.ts";

declare const made: unique symbol;
/** A path of the contract with its query; only `addressOf` makes one. */
export type RoutePath = string & { [made]: true };
export type Address = { method: "GET" | "POST"; path: RoutePath };

/** Method and path of a request: parameters filled in, empty query parameters omitted. */
export function addressOf<Key extends RouteKey, Given extends RouteInput<Key>>(
  key: Key,
  ...[input]: RouteArgument<Key, Given>
): Address {
  const [method, path] = key.split(" ") as ["GET" | "POST", string];
  const { params = {}, query = {} } = (input ?? {}) as RouteInput<Key>;
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String((params as Record<string, unknown>)[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== "") search.set(name, String(value));
  const text = search.toString();
  return { method, path: (text ? `${filled}?${text}` : filled) as RoutePath };
}
