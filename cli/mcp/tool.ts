import type { Database } from "bun:sqlite";
import type * as z from "zod";
import type { Config } from "../../schema/config.ts";
import type { LocalApp } from "../local-app.ts";

/** The queries of a tool: opened for each call, so that a replaced database is noticed. */
export type ToolContext = { app: LocalApp; db: Database; config: Config; now: number };

/** A tool for the agent. It only reads, and returns JSON of bounded length. */
export type Tool<Input extends z.ZodObject = z.ZodObject> = {
  name: string;
  title: string;
  /** For the model: when to use it and what it returns. */
  description: string;
  input: Input;
  run(input: z.output<Input>, context: ToolContext): Promise<unknown> | unknown;
};

export function tool<Input extends z.ZodObject>(declared: Tool<Input>): Tool {
  return declared as unknown as Tool;
}

/** Formatted cost; null without a price. */
export function dollars(nano_usd: number | null): number | null {
  return nano_usd === null ? null : Math.round(nano_usd / 1000) / 1e6;
}

export function moment(unix_ms: number | null): string | null {
  return unix_ms === null ? null : new Date(unix_ms).toISOString();
}
