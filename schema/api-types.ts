import type * as z from "zod";
import type { ROUTES, RouteKey, RouteSpec } from "./api.ts";
import type { ContentReply, Contents } from "./api-content.ts";
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

/** What a handler gives back: what the envelope takes up, a whole document, or content of one of its types. */
export type Reply<Key extends RouteKey> = Routes[Key] extends { data: z.ZodType }
  ? { data: Output<Key, "data">; time_zone?: string } & (Routes[Key] extends { paged: true }
      ? { next_cursor: string | null }
      : { next_cursor?: never })
  : Routes[Key] extends { document: z.ZodType }
    ? Output<Key, "document">
    : Routes[Key] extends { content: infer Types extends Contents }
      ? ContentReply<Types>
      : never;

/** Names in an answer that its shape does not declare, at any depth; `never` where there is none. */
export type Undeclared<Given, Shape> = 0 extends 1 & Given
  ? never
  : Given extends readonly (infer Item)[]
    ? Undeclared<Item, Shape extends readonly (infer Of)[] ? Of : never>
    : Given extends Uint8Array | ReadableStream | string | number | boolean | null | undefined
      ? never
      : Given extends object
        ? UndeclaredIn<Given, Shape extends unknown ? (Given extends Shape ? Shape : never) : never>
        : never;
/** Of the members of a union, those that the value fits count. */
type UndeclaredIn<Given, Shape> =
  | Exclude<keyof Given, Names<Shape>>
  | { [Name in keyof Given]-?: Undeclared<Given[Name], Part<Shape, Name>> }[keyof Given];
type Part<Shape, Name> = Shape extends unknown ? (Name extends keyof Shape ? Shape[Name] : never) : never;

/** Refuses a handler that answers with a name that its route does not declare. */
export type ExactReplies<Handlers> = {
  [Key in keyof Handlers]: Key extends RouteKey
    ? Handlers[Key] extends (...input: never[]) => infer Given
      ? [Undeclared<Awaited<Given>, Reply<Key>>] extends [never]
        ? unknown
        : { undeclared: Undeclared<Awaited<Given>, Reply<Key>> }
      : unknown
    : never;
};

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

/** Names of every member of a union; `keyof` alone gives those that all members share. */
type Names<Value> = Value extends object ? keyof Value : never;
/** Refuses each name that the shape lacks, also where the value comes from a variable or a function. */
type NoOther<Value, Shape> = [Exclude<Names<Value>, Names<Shape>>] extends [never]
  ? unknown
  : { [Name in Exclude<Names<Value>, Names<Shape>>]?: never };
/** The parts as given, none with a name that the route does not take. */
type Exact<Key extends RouteKey, Given> = Given &
  NoOther<Given, Record<"params" | "query" | "body", unknown>> & {
    [Part in keyof Given]: NoOther<Given[Part], RouteInput<Key>[Part & keyof RouteInput<Key>]>;
  };

/** As `RouteInput`, exactly; `Given` is what the compiler finds in the call. */
export type RouteParts<Key extends RouteKey, Given> = RouteInput<Key> & Exact<Key, Given>;

/** Left out where the route needs nothing. */
export type RouteArgument<Key extends RouteKey, Given extends RouteInput<Key> = RouteInput<Key>> =
  Record<never, never> extends RouteInput<Key>
    ? [input?: RouteParts<Key, Given>]
    : [input: RouteParts<Key, Given>];
