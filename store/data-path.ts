import type { DataOf, EventType } from "../schema/event-catalogue.ts";

/**
 * SQL: the JSON path of a field that the catalogue declares for a type's `data`. `inner` continues into a value in
 * its sender's own shape, such as a tool's input; nothing declares those names.
 */
export const dataPath = <Type extends EventType>(
  _type: Type,
  field: keyof DataOf<Type> & string,
  ...inner: string[]
): string => `'$.${[field, ...inner].join(".")}'`;
