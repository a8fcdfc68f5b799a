import type { Usage } from "./usage.ts";

/** Cost of one model in a session so far, as summed by the client itself. */
export type ClientModelTotal = { model: string; usage: Usage; cost_nano_usd: number; is_ttl_known: boolean };

/**
 * A line `cost-state` of Claude Code: cumulative since `start_unix_ms`, also over a resume; a fork continues from its
 * parent's figures and keeps the parent's start.
 */
export type ClientTotal = {
  session_id: string;
  start_unix_ms: number;
  /** Working time so far: it grows with each state and names the state. */
  duration_ms: number;
  /** Time of the last preceding line that has one. */
  time_unix_ms: number;
  cost_nano_usd: number;
  /** The client used a model without a price. */
  has_unknown_cost: boolean;
  models: ClientModelTotal[];
};
