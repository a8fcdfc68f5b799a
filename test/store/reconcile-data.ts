import * as fc from "fast-check";
import { agentTranscript, assistant, jsonl, transcript } from "../world.ts";

/** One response of a made history. */
export type RequestSpec = {
  session: number;
  /** 0 = the main thread. */
  agent: number;
  minute: number;
  model: string;
  input: number;
  cached: number;
  written: number;
  output: number;
  searches: number;
  fast: boolean;
  /** Repeated on so many lines, as a response with several blocks is. */
  lines: number;
  advisor: boolean;
  /** Also in the file of this session, as after a fork; -1 = nowhere. */
  copied_to: number;
};

export const START = Date.parse("2026-10-28T00:00:00Z");
export const MINUTES = 9 * 24 * 60;
const MODELS = ["claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-4-5-20250929", "claude-opus-9-1"];
const tokens = fc.oneof(fc.nat(9), fc.nat(250_000));

export const history: fc.Arbitrary<RequestSpec[]> = fc.array(
  fc.record({
    session: fc.nat(3),
    agent: fc.nat(2),
    minute: fc.nat(MINUTES),
    model: fc.constantFrom(...MODELS),
    input: tokens,
    cached: tokens,
    written: tokens,
    output: tokens,
    searches: fc.constantFrom(0, 0, 0, 2),
    fast: fc.boolean(),
    lines: fc.integer({ min: 1, max: 3 }),
    advisor: fc.boolean(),
    copied_to: fc.constantFrom(-1, -1, 0, 3),
  }),
  { minLength: 1, maxLength: 40 },
);

/** Transcripts by path: two projects, four sessions, two agents each. */
export function toFiles(requests: RequestSpec[]): Record<string, string> {
  const files: Record<string, unknown[]> = {};
  for (const [n, a] of requests.entries()) {
    const line = toLine(a, n);
    const path =
      a.agent === 0 ? transcript(`S${a.session}`) : agentTranscript(`S${a.session}`, `a${a.agent}`);
    files[path] = [...(files[path] ?? []), ...Array<unknown>(a.lines).fill(line)];
    if (a.copied_to < 0 || a.copied_to === a.session || a.agent > 0) continue;
    const copy = transcript(`S${a.copied_to}`);
    files[copy] = [...(files[copy] ?? []), { ...line, sessionId: `S${a.copied_to}` }];
  }
  return Object.fromEntries(Object.entries(files).map(([path, lines]) => [path, jsonl(...lines)]));
}

function toLine(a: RequestSpec, n: number) {
  return assistant({
    uuid: `u${n}`,
    sessionId: `S${a.session}`,
    cwd: a.session % 2 === 0 ? "/w/even" : "/w/odd",
    isSidechain: a.agent > 0,
    ...(a.agent > 0 && { agentId: `a${a.agent}` }),
    requestId: `req_01${n}`,
    timestamp: new Date(START + a.minute * 60_000 + (n % 60_000)).toISOString(),
    message: { id: `msg_01${n}`, model: a.model },
    usage: {
      input_tokens: a.input,
      cache_read_input_tokens: a.cached,
      cache_creation_input_tokens: a.written,
      output_tokens: a.output,
      speed: a.fast ? "fast" : "standard",
      server_tool_use: { web_search_requests: a.searches, web_fetch_requests: 0 },
      ...(a.advisor && {
        iterations: [
          { type: "message", input_tokens: a.input, output_tokens: a.output },
          {
            type: "advisor_message",
            model: "claude-fable-5",
            input_tokens: a.output,
            output_tokens: a.input,
          },
          { type: "fallback_message", model: "claude-fable-5-2", input_tokens: a.input, output_tokens: 1 },
        ],
      }),
    },
  });
}
