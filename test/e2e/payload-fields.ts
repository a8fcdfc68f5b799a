import * as z from "zod";
import { listRoutes } from "../../schema/api.ts";

type Schema = {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
};

/** `name`, `name[]` and `name{}` (a key) of each text that the routes may answer with, but for those of a fixed list. */
export function textFields(): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const { key, data, method } of listRoutes()) {
    if (!data || method !== "GET") continue;
    const whole = z.toJSONSchema(data, { io: "output", unrepresentable: "any" }) as Schema;
    const open = new Set<Schema>();
    const visit = (schema: Schema, name: string): void => {
      if (schema.$ref) {
        const of = whole.$defs?.[schema.$ref.split("/").at(-1)!];
        if (of && !open.has(of)) {
          open.add(of);
          visit(of, name);
          open.delete(of);
        }
        return;
      }
      for (const one of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])])
        visit(one, name);
      if ([schema.type].flat().includes("string") && !schema.enum && schema.const === undefined)
        fields.set(name, [...new Set([...(fields.get(name) ?? []), key])]);
      for (const [own, of] of Object.entries(schema.properties ?? {})) visit(of, own);
      if (schema.items) visit(schema.items, `${name}[]`);
      if (typeof schema.additionalProperties === "object") visit(schema.additionalProperties, `${name}{}`);
    };
    visit(whole, "");
  }
  return fields;
}

/** The same names, of the texts of an answer that hold a payload. */
export function foreignFields(answer: unknown): Set<string> {
  const found = new Set<string>();
  const visit = (value: unknown, name: string): void => {
    if (typeof value === "string" && /qx[a-z0-9]+xq/.test(value)) found.add(name);
    if (Array.isArray(value)) for (const one of value) visit(one, `${name}[]`);
    else if (typeof value === "object" && value !== null)
      for (const [own, one] of Object.entries(value)) visit(one, own);
  };
  visit(answer, "");
  return found;
}
