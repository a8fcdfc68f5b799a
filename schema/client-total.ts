import type { Usage } from "./usage.ts";

/** What one model has cost a session so far, as the client itself adds it up. */
export type ClientModelTotal = { model: string; usage: Usage; cost_nano_usd: number; is_ttl_known: boolean };

/**
 * A line `cost-state` of Claude Code: cumulative since `start_unix_ms`, also over a resume; a fork goes on from its
 * parent's figures and keeps the parent's start.
 */
export type ClientTotal = {
  session_id: string;
  start_unix_ms: number;
  /** Working time so far: it grows with each state and names the state. */
  duration_ms: number;
  /** Of the last line before it that has a time. */
  time_unix_ms: number;
  cost_nano_usd: number;
  /** The client met a model that it has no price for. */
  has_unknown_cost: boolean;
  models: ClientModelTotal[];
};
