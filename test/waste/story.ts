import { agentTranscript, assistant, transcript, type World } from "../world.ts";

/** A call of a tool and how it ended; `wrote` is what it answered, by its length. */
export type StoryCall = { tool: string; argument: string; fails: boolean; chars: number };
export type StoryTokens = { plain: number; m5: number; h1: number; read: number; out: number };
/** A request, and the calls that its answer made. Each takes `wait_ms` after what was before it. */
export type StoryRequest = StoryTokens & { wait_ms: number; model: string; turn: number; calls: StoryCall[] };
/** Of one session; `agent` names a sub-agent of it. */
export type StoryThread = { session: string; agent?: string; project?: string; requests: StoryRequest[] };

/** Long ago: a time ahead of the clock of the machine would be no time. */
export const BEGIN = Date.parse("2026-06-01T10:00:00Z");
const CALL_MS = 500;

export const NOTHING: StoryRequest = {
  plain: 0,
  m5: 0,
  h1: 0,
  read: 0,
  out: 0,
  wait_ms: 10_000,
  model: "claude-opus-4-1",
  turn: 1,
  calls: [],
};
export const failing = (argument: string, over: Partial<StoryCall> = {}): StoryCall => ({
  tool: "Bash",
  argument,
  fails: true,
  chars: 40,
  ...over,
});

/** Shaped like the vendor's own; others are not taken for ids. */
const idOf = (thread: StoryThread, i: number) => `msg_01${nameOf(thread)}${`${i}`.padStart(16, "0")}`;
export const keyOf = (thread: StoryThread, i: number) => `claude:${idOf(thread, i)}`;
const nameOf = ({ session, agent = "" }: StoryThread) => `${session}${agent}`;

/** When each request was answered; a call ends half a second later, the next one after it. */
export function timesOf({ requests }: StoryThread): number[] {
  let now = BEGIN;
  return requests.map(({ wait_ms, calls }) => {
    now += wait_ms;
    const at = now;
    now += CALL_MS * calls.length;
    return at;
  });
}

/** Writes it as Claude Code does: prompt, answer with its calls, answers of the tools. */
export function write(world: World, thread: StoryThread): void {
  const { session, agent, project = "/w/app" } = thread;
  const lines: object[] = [];
  const of = (at: number, more: object) => ({
    uuid: crypto.randomUUID(),
    parentUuid: null,
    sessionId: session,
    cwd: project,
    version: "2.1.332",
    timestamp: new Date(at).toISOString(),
    isSidechain: agent !== undefined,
    ...(agent !== undefined && { agentId: agent }),
    ...more,
  });
  const times = timesOf(thread);
  thread.requests.forEach((r, i) => {
    const at = times[i]!;
    const promptId = `${session}-p${r.turn}`;
    if (thread.requests[i - 1]?.turn !== r.turn)
      lines.push(
        of(at - 1, { type: "user", promptId, message: { role: "user", content: `turn ${r.turn}` } }),
      );
    const ids = r.calls.map((_, n) => `toolu_${nameOf(thread)}_${i}_${n}`);
    const content = [
      { type: "text", text: "on it" },
      ...r.calls.map((c, n) => ({ type: "tool_use", id: ids[n], name: c.tool, input: inputOf(c) })),
    ];
    const { type, message, ...rest } = assistant({
      requestId: `req_${nameOf(thread)}_${i}`,
      message: { id: idOf(thread, i), model: r.model, stop_reason: "end_turn", content },
      usage: {
        input_tokens: r.plain,
        cache_read_input_tokens: r.read,
        output_tokens: r.out,
        cache_creation_input_tokens: r.m5 + r.h1,
        cache_creation: { ephemeral_5m_input_tokens: r.m5, ephemeral_1h_input_tokens: r.h1 },
      },
    });
    lines.push({ ...rest, ...of(at, { type, message }) });
    r.calls.forEach((c, n) => {
      const result = {
        type: "tool_result",
        tool_use_id: ids[n],
        is_error: c.fails,
        content: "x".repeat(c.chars),
      };
      lines.push(
        of(at + CALL_MS * (n + 1), { type: "user", promptId, message: { role: "user", content: [result] } }),
      );
    });
  });
  const path = agent === undefined ? transcript(session) : agentTranscript(session, agent);
  world.write(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

function inputOf({ tool, argument }: StoryCall): object {
  return tool === "Bash" ? { command: argument, description: "go on" } : { file_path: argument };
}
