import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "./generate.ts";
import { addTo, type Count, noCount, type Truth } from "./truth.ts";

const dir = mkdtempSync(join(tmpdir(), "hall-generate-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

// Large enough for a fork, sub-agents, compactions and torn lines of both sources.
const OPTIONS = { seed: 41, bytes: 48_000_000, codexShare: 0.5, rolloutBytes: 120_000 };
const truth = generate(join(dir, "a"), OPTIONS);

type Json = Record<string, unknown>;
const at = (value: unknown, ...keys: string[]): unknown =>
  keys.reduce<unknown>(
    (v, key) => (typeof v === "object" && v !== null ? (v as Json)[key] : undefined),
    value,
  );
const num = (value: unknown, ...keys: string[]): number => Number(at(value, ...keys) ?? 0);

function filesBelow(root: string): string[] {
  return (readdirSync(root, { recursive: true }) as string[]).filter((f) => f.endsWith(".jsonl")).sort();
}

function linesOf(path: string): { values: Json[]; bad: number } {
  let bad = 0;
  const values: Json[] = [];
  for (const line of readFileSync(path, "utf8").split("\n").slice(0, -1)) {
    try {
      values.push(JSON.parse(line));
    } catch {
      bad++;
    }
  }
  return { values, bad };
}

type Seen = { day: string; model: string; tokens: Count["tokens"] };

function claudeTokens(usage: unknown): Count["tokens"] {
  return {
    uncached_input_tokens: num(usage, "input_tokens"),
    cache_creation_5m_input_tokens: num(usage, "cache_creation", "ephemeral_5m_input_tokens"),
    cache_creation_1h_input_tokens: num(usage, "cache_creation", "ephemeral_1h_input_tokens"),
    cache_read_input_tokens: num(usage, "cache_read_input_tokens"),
    output_tokens: num(usage, "output_tokens"),
    reasoning_output_tokens: 0,
  };
}

function codexTokens(usage: unknown): Count["tokens"] {
  const [cached, written] = [num(usage, "cached_input_tokens"), num(usage, "cache_write_input_tokens")];
  return {
    uncached_input_tokens: num(usage, "input_tokens") - cached - written,
    cache_creation_5m_input_tokens: written,
    cache_creation_1h_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: num(usage, "output_tokens"),
    reasoning_output_tokens: num(usage, "reasoning_output_tokens"),
  };
}

function countClaude(root: string) {
  const seen = new Map<string, Seen>();
  const tools = new Set<unknown>();
  let rejects = 0;
  for (const file of filesBelow(root)) {
    const { values, bad } = linesOf(join(root, file));
    rejects += bad;
    for (const line of values.filter((v) => v.type === "assistant")) {
      const key = String(at(line, "message", "id"));
      const tokens = claudeTokens(at(line, "message", "usage"));
      const before = seen.get(key);
      if (!before || before.tokens.output_tokens < tokens.output_tokens)
        seen.set(key, {
          day: String(line.timestamp).slice(0, 10),
          model: String(at(line, "message", "model")),
          tokens,
        });
      for (const block of at(line, "message", "content") as Json[])
        if (block.type === "tool_use") tools.add(block.id);
    }
  }
  return { seen, tools: tools.size, rejects };
}

function countCodex(root: string) {
  const seen = new Map<string, Seen>();
  const tools = new Set<unknown>();
  let rejects = 0;
  for (const file of filesBelow(root)) {
    const { values, bad } = linesOf(join(root, file));
    rejects += bad;
    const thread = at(values[0], "payload", "id");
    const hasRecords = values.some((v) => v.type === "token_usage_record");
    let [model, total] = ["", 0];
    for (const { type, payload, timestamp } of values) {
      const day = String(timestamp).slice(0, 10);
      if (type === "turn_context") model = String(at(payload, "model"));
      if (type === "token_usage_record" && at(payload, "thread_id") === thread)
        seen.set(String(at(payload, "response_id")), {
          day,
          model,
          tokens: codexTokens(at(payload, "usage")),
        });
      const reportedTotal = num(payload, "info", "total_token_usage", "total_tokens");
      if (!hasRecords && at(payload, "type") === "token_count" && reportedTotal !== total) {
        seen.set(`${file}:${reportedTotal}`, {
          day,
          model,
          tokens: codexTokens(at(payload, "info", "last_token_usage")),
        });
        total = reportedTotal;
      }
      if (["function_call", "custom_tool_call"].includes(String(at(payload, "type"))))
        tools.add(at(payload, "call_id"));
    }
  }
  return { seen, tools: tools.size, rejects };
}

function sum(seen: Iterable<Seen>, key: (s: Seen) => string): Record<string, Count> {
  const counts: Record<string, Count> = {};
  for (const one of seen) {
    counts[key(one)] ??= noCount();
    addTo(counts[key(one)]!, one.tokens);
  }
  return counts;
}

test("the truth equals an independent count over the written files", () => {
  const claude = countClaude(join(dir, "a", "claude", "projects"));
  const codex = countCodex(join(dir, "a", "codex", "sessions"));
  const all = [...claude.seen.values(), ...codex.seen.values()];
  expect(sum(claude.seen.values(), () => "claude").claude).toEqual(truth.by_source.claude);
  expect(sum(codex.seen.values(), () => "codex").codex).toEqual(truth.by_source.codex);
  expect(sum(all, (s) => s.model)).toEqual(truth.by_model);
  expect(sum(all, (s) => s.day)).toEqual(truth.by_day);
  expect({ claude: claude.tools, codex: codex.tools }).toEqual(truth.tool_calls);
  expect({ claude: claude.rejects, codex: codex.rejects }).toEqual(truth.rejects);
});

test("the corpus holds every trap it promises", () => {
  const claude = filesBelow(join(dir, "a", "claude", "projects"));
  expect(claude.filter((f) => f.includes("/subagents/")).length).toBe(truth.agents.claude);
  expect(claude.filter((f) => !f.includes("/subagents/")).length).toBe(truth.sessions.claude);
  const text = claude.map((f) => readFileSync(join(dir, "a", "claude", "projects", f), "utf8"));
  // Not toContain: it would print the whole corpus.
  expect(text.some((f) => f.includes('"requestSessionId":'))).toBe(true);
  expect(text.some((f) => f.includes('"stop_reason":null'))).toBe(true);
  expect(truth.forks.claude).toBeGreaterThan(0);
  expect(truth.forks.codex).toBeGreaterThan(0);
  expect(truth.rejects.claude).toBeGreaterThan(0);
  expect(truth.rejects.codex).toBeGreaterThan(0);
  expect(truth.agents.codex).toBeGreaterThan(0);
  expect(truth.codex_records_only.requests).toBeGreaterThan(0);
  const codex = filesBelow(join(dir, "a", "codex", "sessions"));
  const heads = codex.map((f) =>
    readFileSync(join(dir, "a", "codex", "sessions", f), "utf8").slice(0, 40_000),
  );
  expect(heads.some((f) => f.includes('"cli_version":"0.98.0"'))).toBe(true);
  expect(heads.some((f) => f.includes('"forked_from_id"'))).toBe(true);
});

test("the same seed gives the same bytes, another seed others", () => {
  const small = { seed: 3, bytes: 3_000_000, codexShare: 0.4 };
  const digest = (root: string) => {
    const hash = new Bun.CryptoHasher("sha256");
    for (const file of filesBelow(root)) hash.update(file).update(readFileSync(join(root, file)));
    return hash.digest("hex");
  };
  generate(join(dir, "b"), small);
  generate(join(dir, "c"), small);
  generate(join(dir, "d"), { ...small, seed: 4 });
  expect(digest(join(dir, "c"))).toBe(digest(join(dir, "b")));
  expect(digest(join(dir, "d"))).not.toBe(digest(join(dir, "b")));
});

test("a corpus with the same parameters is used again", () => {
  const marked: Truth = { ...truth, lines: { claude: -1, codex: -1 } };
  const path = join(dir, "a", "truth.json");
  const before = readFileSync(path, "utf8");
  Bun.write(path, JSON.stringify(marked));
  expect(generate(join(dir, "a"), OPTIONS).lines.claude).toBe(-1);
  Bun.write(path, before);
});

test("a number of rollouts is reached, and passed only by a last one's own sub-agent and fork", () => {
  const folder = join(dir, "counted");
  const counted = generate(folder, { seed: 3, bytes: 0, codexShare: 1, rolloutBytes: 40_000, rollouts: 20 });
  expect(filesBelow(folder)).toHaveLength(counted.files.codex);
  expect(counted.files.codex).toBeGreaterThanOrEqual(20);
  expect(counted.files.codex).toBeLessThan(24);
  expect(counted.files.claude).toBe(0);
});
