import type { CodexUsage, Meta } from "./codex-lines.ts";
import * as lines from "./codex-lines.ts";
import type { Random } from "./random.ts";
import { addBilled, type Tokens, type Truth } from "./truth.ts";

export type CodexWorld = {
  random: Random;
  text: (bytes: number) => string;
  truth: Truth;
  sessions: string;
  rollout_bytes: number;
};

export type Rollout = {
  meta: Meta;
  model: string;
  time: number;
  turn: string;
  ordinal: number;
  context: number;
  /** As `token_count` reports it: without compactions. */
  counted: CodexUsage;
  thread_sum: CodexUsage;
  turn_sum: CodexUsage;
  percent: number;
  write(line: string): void;
};

export const MODELS = ["gpt-5.5", "gpt-5.5", "gpt-5.6-luna", "gpt-6-sol"];

const DAY_MS = 86_400_000;

/** Version 7 in form, as Codex's are. */
export function threadId(random: Random): string {
  const hex = random.hex(32);
  return `01a1${hex.slice(0, 4)}-${hex.slice(4, 8)}-7${hex.slice(8, 11)}-9${hex.slice(11, 14)}-${hex.slice(14, 26)}`;
}

export function newRollout(
  world: CodexWorld,
  meta: Meta,
  time: number,
  write: (line: string) => void,
): Rollout {
  const [counted, thread_sum, turn_sum] = [lines.noUsage(), lines.noUsage(), lines.noUsage()];
  const { random } = world;
  const percent = random.int(0, 40);
  return {
    meta,
    model: random.pick(MODELS),
    time,
    turn: "",
    ordinal: 0,
    context: random.int(5000, 12_000),
    counted,
    thread_sum,
    turn_sum,
    percent,
    write,
  };
}

export function put(world: CodexWorld, rollout: Rollout, type: string, payload: string): void {
  rollout.time += world.random.int(1, 900);
  const ordinal = rollout.meta.mode === "paginated" ? rollout.ordinal++ : undefined;
  const line = lines.line(new Date(rollout.time).toISOString(), ordinal, type, payload);
  if (type === "response_item" && world.random.chance(0.0003)) {
    rollout.write(line.slice(0, Math.floor(line.length / 2)).replace(/\}+$/, ""));
    world.truth.rejects.codex++;
  }
  rollout.write(line);
}

export function item(world: CodexWorld, rollout: Rollout, json: string): void {
  put(world, rollout, "event_msg", lines.itemCompleted(rollout.meta, rollout.turn, json, rollout.time));
}

export function opening(world: CodexWorld, rollout: Rollout): void {
  put(
    world,
    rollout,
    "session_meta",
    lines.sessionMeta(rollout.meta, new Date(rollout.time).toISOString(), world.text(16_000)),
  );
}

export function spend(world: CodexWorld, rollout: Rollout): CodexUsage {
  const { random } = world;
  const fresh = random.sized(900, 1.1, 40_000);
  const cache_write =
    rollout.model === "gpt-6-sol" && rollout.meta.mode !== "old" ? Math.floor(fresh / 2) : 0;
  const output_tokens = random.sized(200, 1.2, 12_000);
  const own: CodexUsage = {
    input_tokens: rollout.context + fresh,
    cached_input_tokens: rollout.context,
    cache_write_input_tokens: cache_write,
    output_tokens,
    reasoning_output_tokens: random.chance(0.5) ? random.int(0, output_tokens) : 0,
    total_tokens: rollout.context + fresh + output_tokens,
  };
  rollout.context += fresh;
  if (rollout.context > 200_000) rollout.context = random.int(8000, 30_000);
  return own;
}

function avoidMidnight(rollout: Rollout): void {
  const rest = DAY_MS - (rollout.time % DAY_MS);
  if (rest < 120_000) rollout.time += rest + 1000;
}

export function toTokens(own: CodexUsage): Tokens {
  return {
    uncached_input_tokens: own.input_tokens - own.cached_input_tokens - own.cache_write_input_tokens,
    cache_creation_5m_input_tokens: own.cache_write_input_tokens,
    cache_creation_1h_input_tokens: 0,
    cache_read_input_tokens: own.cached_input_tokens,
    output_tokens: own.output_tokens,
    reasoning_output_tokens: own.reasoning_output_tokens,
  };
}

/** Billed once, reported once in a record and once or twice in `token_count`. */
export function bill(world: CodexWorld, rollout: Rollout, own: CodexUsage, model: string): void {
  const { random, truth } = world;
  avoidMidnight(rollout);
  rollout.turn_sum = lines.plus(rollout.turn_sum, own);
  rollout.thread_sum = lines.plus(rollout.thread_sum, own);
  if (rollout.meta.mode !== "old") {
    const record = lines.usageRecord(
      rollout.meta,
      rollout.turn,
      `resp_${random.hex(40)}`,
      own,
      rollout.turn_sum,
      rollout.thread_sum,
    );
    put(world, rollout, "token_usage_record", record);
  }
  addBilled(truth, { source: "codex", model, time_unix_ms: rollout.time, tokens: toTokens(own) });
}

export function writeTokenCount(world: CodexWorld, rollout: Rollout, own: CodexUsage): void {
  rollout.counted = lines.plus(rollout.counted, own);
  rollout.percent = Math.min(100, rollout.percent + 0.25);
  const record = lines.tokenCount(
    rollout.counted,
    own,
    rollout.percent,
    Math.floor(rollout.time / 1000) + 7200,
  );
  put(world, rollout, "event_msg", record);
  if (world.random.chance(0.12)) put(world, rollout, "event_msg", record);
}
