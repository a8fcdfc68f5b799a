import type * as z from "zod";
import { EXPOSITION_TYPE } from "./metrics.ts";

/** Content types of requests and responses other than the JSON envelope, with the header of each. */
export const CONTENT_TYPES = {
  "application/json": "application/json",
  "application/x-ndjson": "application/x-ndjson",
  "application/x-protobuf": "application/x-protobuf",
  "text/csv": "text/csv; charset=utf-8",
  "text/event-stream": "text/event-stream",
  "text/plain": EXPOSITION_TYPE,
} as const;
export type ContentType = keyof typeof CONTENT_TYPES;

/** Each content type with the shape of its content. */
export type Contents = { readonly [Type in ContentType]?: z.ZodType };

type Bodies = {
  "application/x-ndjson": ReadableStream<Uint8Array>;
  "application/x-protobuf": Uint8Array<ArrayBuffer>;
  "text/csv": ReadableStream<Uint8Array>;
  "text/event-stream": ReadableStream<Uint8Array>;
  "text/plain": string;
};
declare const written: unique symbol;
/** A body that only the writer of its content type creates, so that no route can send other text as that type. */
export type Written<Type extends keyof Bodies> = Bodies[Type] & { readonly [written]: Type };

/** A handler's response in one of its route's content types; null = no body, as for HEAD. */
export type ContentReply<Types extends Contents> = {
  [Type in keyof Types & ContentType]: {
    content_type: Type;
    body:
      | (Type extends "application/json"
          ? Types[Type] extends z.ZodType
            ? z.output<Types[Type]>
            : never
          : Type extends keyof Bodies
            ? Written<Type>
            : never)
      | null;
    headers?: Record<string, string>;
  };
}[keyof Types & ContentType];
