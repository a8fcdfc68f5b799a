import type * as z from "zod";
import type { ROUTES, RouteKey, RouteSpec } from "./api.ts";
import type { Envelope, PagedEnvelope } from "./envelope.ts";

type Routes = typeof ROUTES;
type Output<Key extends RouteKey, Part extends keyof RouteSpec> =
  Routes[Key] extends Record<Part, infer Shape extends z.ZodType> ? z.output<Shape> : undefined;
type Input<Key extends RouteKey, Part extends keyof RouteSpec> =
  Routes[Key] extends Record<Part, infer Shape extends z.ZodType> ? z.input<Shape> : never;

/** The checked request, as a handler gets it. */
export type RouteRequest<Key extends RouteKey> = {
  params: Output<Key, "params">;
  query: Output<Key, "query">;
  body: Output<Key, "body">;
};

/** What a handler gives back: what the envelope takes up, a whole document, or a response of its own. */
export type Reply<Key extends RouteKey> = Routes[Key] extends { data: z.ZodType }
  ? { data: Output<Key, "data">; time_zone?: string } & (Routes[Key] extends { paged: true }
      ? { next_cursor: string | null }
      : { next_cursor?: never })
  : Routes[Key] extends { document: z.ZodType }
    ? Output<Key, "document">
    : Response;

/** What the envelope of an answer holds. */
export type Data<Key extends RouteKey> = Output<Key, "data">;

/** The JSON of a route, as a client gets it. */
export type Answer<Key extends RouteKey> = Routes[Key] extends { data: z.ZodType }
  ? z.output<Routes[Key] extends { paged: true } ? typeof PagedEnvelope : typeof Envelope> & {
      data: Output<Key, "data">;
    }
  : Output<Key, "document">;

/** A text of a query may be given as a number, and an empty one is left out of the address. */
type Text<Value> = string extends Value ? Value | number : Value | "";
type QueryOf<Shape> = { [Name in keyof Shape]: Text<Shape[Name]> };

/** What a client passes: the parts that the route has, and no other. */
export type RouteInput<Key extends RouteKey> = ([Input<Key, "params">] extends [never]
  ? { params?: never }
  : { params: Input<Key, "params"> }) &
  ([Input<Key, "query">] extends [never] ? { query?: never } : { query?: QueryOf<Input<Key, "query">> }) &
  ([Input<Key, "body">] extends [never] ? { body?: never } : { body?: Input<Key, "body"> });

/** Left out where the route needs nothing. */
export type RouteArgument<Key extends RouteKey> =
  Record<never, never> extends RouteInput<Key> ? [input?: RouteInput<Key>] : [input: RouteInput<Key>];
