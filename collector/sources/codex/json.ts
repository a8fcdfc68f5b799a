import { toId } from "../../../schema/text.ts";

export type Json = Record<string, unknown>;

/** Vendor data is only ever read through these: a wrong type reads as absent. */
export function object(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A name or id: bounded, since it becomes part of keys and responses. */
export function idText(value: unknown): string {
  return typeof value === "string" ? toId(value) : "";
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function finite(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
