import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineHooks } from "../../collector/hooks/define-hooks.ts";
import { parseHook } from "../../collector/hooks/hook-event.ts";
import { payloadWith, textField } from "../../collector/hooks/payload.ts";
import { claudeHooks } from "../../collector/sources/claude/hook-event.ts";
import type { CodexPayload } from "../../collector/sources/codex/hook-payload.ts";

const ENVELOPE = { event_id: "e1", time_unix_ms: 1_795_200_000_000, agent: "codex" as const };
const SEQUENCE = join(import.meta.dir, "../fixtures/codex-171/tui/hooks/tui.sequence.jsonl");
const recorded = readFileSync(SEQUENCE, "utf8").trim().split("\n");
const responses = recorded
  .map((line) => JSON.parse(line) as Record<string, unknown>)
  .filter((payload) => payload.hook_event_name === "PostModelRequest");

test("I10.6 a field that an agent's hooks do not declare does not compile", () => {
  const ofCodex = (hook: CodexPayload) => [
    hook.token_usage?.input_tokens,
    // @ts-expect-error misspelt
    hook.tokens_usage,
    // @ts-expect-error misspelt
    hook.triger,
  ];
  expect(ofCodex({ hook_event_name: "PreCompact", session_id: "t1" })).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const hooks = defineHooks({
    transcript: null,
    payload: payloadWith({ trigger: textField }),
    read(hook, sent, meaning, envelope) {
      const read: (string | undefined)[] = [hook.trigger];
      // @ts-expect-error misspelt
      read.push(hook.triger);
      // @ts-expect-error a field of another agent
      read.push(hook.response_id);
      // @ts-expect-error the payload as it came is kept, not read
      read.push(sent.trigger);
      expect(read).toEqual(["auto", undefined, undefined, undefined]);
      expect(sent).toContainEqual(["response_id", "r1"]);
      expect(meaning).toEqual({ event_type: "compaction_started" });
      const parsed = claudeHooks.parse(hook, envelope);
      if (!parsed.ok) throw new Error(parsed.detail);
      return parsed;
    },
  });
  const payload = { hook_event_name: "PreCompact", session_id: "t1", trigger: "auto", response_id: "r1" };
  expect(hooks.parse(payload, ENVELOPE)).toMatchObject({ ok: true, event: { session_id: "t1" } });
  expect.assertions(5);
});

test("I10.6 a response of Codex is counted from the value that its event is made of", () => {
  expect(responses.length).toBeGreaterThan(3);
  for (const payload of responses) {
    const parsed = parseHook(payload, ENVELOPE);
    expect(parsed).toMatchObject({
      ok: true,
      event: { event_type: "hook_other", data: { token_usage: payload.token_usage } },
      observations: { requests: [{ response_id: payload.response_id, model: payload.model }] },
    });
  }
});

test.each([
  ["token_usage", null],
  ["token_usage", "many"],
  ["token_usage", [{ input_tokens: 5 }]],
  ["response_id", 7],
  ["response_id", ""],
])("I10.6 a response with %s %j is no request, and its event keeps the field", (field, value) => {
  const parsed = parseHook({ ...responses[0], [field]: value }, ENVELOPE);
  expect(parsed).toMatchObject({
    ok: true,
    event: { event_type: "hook_other", data: { [field]: value } },
    observations: { requests: [] },
  });
});
