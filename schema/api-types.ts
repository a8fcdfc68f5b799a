import type * as z from "zod";
import type { ROUTES, RouteKey, RouteSpec } from "./api.ts";
import type { ContentReply, Contents } from "./api-content.ts";
import type { Envelope, PagedEnvelope } from "./envelope.ts";

type Routes = typeof ROUTES;
type Output<Key extends RouteKey, Part extends keyof RouteSpec> =
  Routes[Key] extends Record<Part, infer Shape extends z.ZodType> ? z.output<Shape> : undefined;
type Input<Key extends RouteKey, Part extends keyof RouteSpec> =
  Routes[Key] extends Record<Part, infer Shape extends z.ZodType> ? z.input<Shape> : never;

/** The validated request that a handler receives. */
export type RouteRequest<Key extends RouteKey> = {
  params: Output<Key, "params">;
  query: Output<Key, "query">;
  body: Output<Key, "body">;
};

/** A handler's response: the parts of the envelope, a whole document, or content of one of its types. */
export type Reply<Key extends RouteKey> = Routes[Key] extends { data: z.ZodType }
  ? { data: Output<Key, "data">; time_zone?: string } & (Routes[Key] extends { paged: true }
      ? { next_cursor: string | null }
      : { next_cursor?: never })
  : Routes[Key] extends { document: z.ZodType }
    ? Output<Key, "document">
    : Routes[Key] extends { content: infer Types extends Contents }
      ? ContentReply<Types>
      : never;

/** Names in a response that its shape does not declare, at any depth; `never` if there are none. */
export type Undeclared<Given, Shape> = 0 extends 1 & Given
  ? never
  : Given extends readonly (infer Item)[]
    ? Undeclared<Item, Shape extends readonly (infer Of)[] ? Of : never>
    : Given extends Uint8Array | ReadableStream | string | number | boolean | null | undefined
      ? never
      : Given extends object
        ? UndeclaredIn<Given, Shape extends unknown ? (Given extends Shape ? Shape : never) : never>
        : never;
/** Of a union, the members that the value fits count. */
type UndeclaredIn<Given, Shape> =
  | Exclude<keyof Given, Names<Shape>>
  | { [Name in keyof Given]-?: Undeclared<Given[Name], Part<Shape, Name>> }[keyof Given];
type Part<Shape, Name> = Shape extends unknown ? (Name extends keyof Shape ? Shape[Name] : never) : never;

/** Rejects a handler with a field in its response that its route does not declare. */
export type ExactReplies<Handlers> = {
  [Key in keyof Handlers]: Key extends RouteKey
    ? Handlers[Key] extends (...input: never[]) => infer Given
      ? [Undeclared<Awaited<Given>, Reply<Key>>] extends [never]
        ? unknown
        : { undeclared: Undeclared<Awaited<Given>, Reply<Key>> }
      : unknown
    : never;
};

/** The fields of a response envelope. */
export type Data<Key extends RouteKey> = Output<Key, "data">;

/** The JSON of a route, as a client receives it. */
export type Answer<Key extends RouteKey> = Routes[Key] extends { data: z.ZodType }
  ? z.output<Routes[Key] extends { paged: true } ? typeof PagedEnvelope : typeof Envelope> & {
      data: Output<Key, "data">;
    }
  : Output<Key, "document">;

/** A string of a query may be passed as a number; an empty one is omitted from the address. */
type Text<Value> = string extends Value ? Value | number : Value | "";
type QueryOf<Shape> = { [Name in keyof Shape]: Text<Shape[Name]> };

/** What a client passes: the parts that the route declares, and no others. */
export type RouteInput<Key extends RouteKey> = ([Input<Key, "params">] extends [never]
  ? { params?: never }
  : { params: Input<Key, "params"> }) &
  ([Input<Key, "query">] extends [never] ? { query?: never } : { query?: QueryOf<Input<Key, "query">> }) &
  ([Input<Key, "body">] extends [never] ? { body?: never } : { body?: Input<Key, "body"> });

/** Names of every member of a union; `keyof` alone returns those that all members share. */
type Names<Value> = Value extends object ? keyof Value : never;
/** Rejects each name that the shape lacks, even if the value comes from a variable or a function. */
type NoOther<Value, Shape> = [Exclude<Names<Value>, Names<Shape>>] extends [never]
  ? unknown
  : { [Name in Exclude<Names<Value>, Names<Shape>>]?: never };
/** The parts as passed, without names that the route does not declare. */
type Exact<Key extends RouteKey, Given> = Given &
  NoOther<Given, Record<"params" | "query" | "body", unknown>> & {
    [Part in keyof Given]: NoOther<Given[Part], RouteInput<Key>[Part & keyof RouteInput<Key>]>;
  };

/** As `RouteInput`, exactly; `Given` is the type that the compiler infers from the call. */
export type RouteParts<Key extends RouteKey, Given> = RouteInput<Key> & Exact<Key, Given>;

/** Optional if the route needs no input. */
export type RouteArgument<Key extends RouteKey, Given extends RouteInput<Key> = RouteInput<Key>> =
  Record<never, never> extends RouteInput<Key>
    ? [input?: RouteParts<Key, Given>]
    : [input: RouteParts<Key, Given>];
