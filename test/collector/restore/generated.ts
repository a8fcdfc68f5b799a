import fc from "fast-check";

type Json = Record<string, unknown>;
const T0 = Date.parse("2026-11-01T10:00:00.000Z");

export type Step =
  | { kind: "prompt"; text: string; picture: boolean }
  | {
      kind: "answer";
      thinking: string;
      text: string;
      outputs: { text: string; is_error: boolean; listed: boolean }[];
    }
  | { kind: "beside"; type: "attachment" | "system" | "progress" }
  | { kind: "back"; to: number }
  | { kind: "compaction"; text: string };

const words = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }),
  fc.constantFrom("", "\u0000\u001b[31m", '{"a":1}', "line\nline\r\n", "[cut: 1 of 2 characters were kept]"),
  fc.constant("a long one"),
);
/** Some are longer than what is kept of one text. */
const spelled = (text: string) => (text === "a long one" ? "long words ".repeat(7000) : text);
const output = fc.record({ text: words, is_error: fc.boolean(), listed: fc.boolean() });

/** What a person and an agent do in one session, one thing after the other. */
export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("prompt" as const), text: words, picture: fc.boolean() }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("answer" as const),
        thinking: words,
        text: words,
        outputs: fc.array(output, { maxLength: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("beside" as const),
        type: fc.constantFrom("attachment" as const, "system" as const, "progress" as const),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("back" as const), to: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("compaction" as const), text: words }) },
  ),
  { minLength: 1, maxLength: 25 },
);

/** The transcript that the client writes of it: each line hangs under the one before, or under an earlier prompt's. */
export function transcriptOf(all: readonly Step[], session: string): Json[] {
  const lines: Json[] = [];
  /** What each prompt hung under: where a person can go back to. */
  const places: (string | null)[] = [null];
  let parent: string | null = null;
  const put = (line: Json, under = parent): string => {
    const uuid = `${lines.length.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
    const timestamp = new Date(T0 + lines.length * 10).toISOString();
    lines.push({
      parentUuid: under,
      ...line,
      uuid,
      timestamp,
      sessionId: session,
      cwd: "/w/app",
      version: "2.1.332",
    });
    parent = uuid;
    return uuid;
  };
  const user = (content: unknown, more: Json = {}) => ({
    type: "user",
    message: { role: "user", content },
    ...more,
  });
  all.forEach((step, n) => {
    switch (step.kind) {
      case "prompt": {
        places.push(parent);
        const data = Buffer.from(`picture ${n}`).toString("base64");
        const picture = { type: "image", source: { type: "base64", media_type: "image/png", data } };
        put(user(step.picture ? [{ type: "text", text: spelled(step.text) }, picture] : spelled(step.text)));
        return;
      }
      case "answer": {
        const block = (content: Json) => {
          const usage = { input_tokens: n + 1, output_tokens: 7 };
          const message = { id: `msg_01${session}${n}`, role: "assistant", model: "claude-opus-5-5", usage };
          return { type: "assistant", message: { ...message, stop_reason: "end_turn", content: [content] } };
        };
        put(block({ type: "thinking", thinking: spelled(step.thinking), signature: "c2ln" }));
        put(block({ type: "text", text: spelled(step.text) }));
        const calls = step.outputs.map((_, i) => `toolu_${session}_${n}_${i}`);
        const uses = calls.map((id) =>
          put(block({ type: "tool_use", id, name: "Bash", input: { command: id } })),
        );
        step.outputs.forEach(({ text, is_error, listed }, i) => {
          const content = listed ? [{ type: "text", text: spelled(text) }] : spelled(text);
          const result = {
            type: "tool_result",
            tool_use_id: calls[i],
            content,
            ...(is_error && { is_error }),
          };
          put(user([result]), uses[i]);
        });
        return;
      }
      case "beside":
        put({ type: step.type });
        return;
      case "back":
        parent = places[step.to % places.length]!;
        return;
      case "compaction": {
        const boundary = put(
          { type: "system", subtype: "compact_boundary", logicalParentUuid: parent },
          null,
        );
        put(user(spelled(step.text) || "summary", { isCompactSummary: true }), boundary);
      }
    }
  });
  return lines;
}

export type Item =
  | { kind: "message"; role: "user" | "assistant" | "developer"; texts: string[] }
  | { kind: "reasoning"; text: string }
  | { kind: "call"; custom: boolean; output: string; listed: boolean };

/** What one file of a thread holds. */
export const items: fc.Arbitrary<Item[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("message" as const),
      texts: fc.array(words, { minLength: 1, maxLength: 3 }),
      role: fc.constantFrom("user" as const, "assistant" as const, "developer" as const),
    }),
    fc.record({ kind: fc.constant("reasoning" as const), text: words }),
    fc.record({
      kind: fc.constant("call" as const),
      custom: fc.boolean(),
      listed: fc.boolean(),
      // The client writes a head above what a command printed, and only that may be nothing.
      output: words.filter((text) => text !== ""),
    }),
  ),
  { maxLength: 12 },
);

export type Base = { thread: string; end: number };

/** A rollout of a thread: of its own, or one that continues from an ordinal of another file. */
export function rolloutOf(all: readonly Item[], thread: string, hour: number, base?: Base): Json[] {
  const lines: Json[] = [];
  const put = (type: string, payload: Json) => {
    const ordinal = (base?.end ?? 0) + lines.length;
    const timestamp = new Date(T0 + hour * 3_600_000 + lines.length * 10).toISOString();
    lines.push({ timestamp, ordinal, type, payload });
  };
  const history_base = base && { thread_id: base.thread, end_ordinal_exclusive: base.end };
  const isFork = base !== undefined && base.thread !== thread;
  put("session_meta", {
    id: thread,
    cwd: "/w/app",
    originator: "codex_exec",
    cli_version: "0.171.0",
    ...(history_base && { history_base }),
    ...(isFork && { forked_from_id: base.thread }),
  });
  put("turn_context", { turn_id: `turn-${hour}`, model: "gpt-5.5" });
  all.forEach((item, n) => {
    if (item.kind === "message") {
      const type = item.role === "assistant" ? "output_text" : "input_text";
      const content = item.texts.map((text) => ({ type, text: spelled(text) }));
      put("response_item", { type: "message", role: item.role, content });
    } else if (item.kind === "reasoning")
      put("response_item", { type: "reasoning", summary: [{ type: "summary_text", text: item.text }] });
    else putCall(put, item, `call_${hour}_${n}`);
  });
  return lines;
}

/** Where another file can go on from: not between a call and its output. */
export function endsOf(lines: readonly Json[]): number[] {
  const isOutput = (line: Json | undefined) => String((line?.payload as Json)?.type).endsWith("_output");
  return [...lines.keys(), lines.length].filter((end) => end > 1 && !isOutput(lines[end]));
}

function putCall(put: (type: string, payload: Json) => void, item: Item & { kind: "call" }, call_id: string) {
  const type = item.custom ? "custom_tool_call" : "function_call";
  const input = item.custom ? { input: "ls" } : { arguments: '{"cmd":"ls"}' };
  put("response_item", { type, name: "exec", call_id, ...input });
  const text = spelled(item.output);
  const output = item.listed ? [{ type: "input_text", text }] : text;
  put("response_item", { type: `${type}_output`, call_id, output });
}
