import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { emptyBatch } from "../../collector/file-batch.ts";
import { skimTranscript } from "../../collector/import/claude.ts";
import { fastPath } from "../../collector/import/fast-path.ts";
import { claude } from "../../collector/sources/claude/source.ts";
import type { FileBatch } from "../../store/batch.ts";

const PATH = "/home/dev/.claude/projects/-w/98f7c771-fde5-4ae2-a4a2-e6a912f7cf5d.jsonl";
const STATS = { ino: 1, birthtimeMs: 1, size: 1, mtimeMs: 1 } as never;
const FIXTURES = join(import.meta.dir, "../fixtures/claude/transcripts");

function read(lines: string[], open = fastPath.open.claude): FileBatch {
  const into = emptyBatch(claude, PATH, STATS, 0, "active");
  const parser = open(PATH, "", into);
  let offset = 0;
  for (const line of lines) {
    const bytes = Buffer.from(`${line}\n`);
    parser.line(bytes, 0, bytes.length - 1, offset);
    offset += bytes.length;
  }
  into.cursor.parser_state = parser.state();
  return into;
}

/** By JSON.parse alone, as live lines are read. */
const plain = (lines: string[]) => read(lines, claude.open);

const isSkimmed = (line: string): boolean => {
  const bytes = Buffer.from(`${line}\n`);
  const fields = skimTranscript(bytes, 0, bytes.length - 1);
  return fields?.type === "assistant" || fields?.type === "user";
};

test("V6 a transcript gives the same by the fast path and by the plain one: every recorded one", () => {
  let skimmed = 0;
  for (const entry of readdirSync(FIXTURES, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".jsonl")) continue;
    const lines = readFileSync(join(entry.parentPath, entry.name), "utf8").split("\n").filter(Boolean);
    const once = read(lines);
    expect(once).toEqual(plain(lines));
    expect(Object.keys(once.ignored).filter((kind) => kind.startsWith("unknown:"))).toEqual([]);
    skimmed += lines.filter(isSkimmed).length;
  }
  expect(skimmed).toBeGreaterThan(250);
});

/** Texts that look like what the skimmer searches for. */
const word = fc.constantFrom(
  "usage",
  "stop_reason",
  '],"stop_reason":null',
  '"type":"tool_use"',
  '{"parentUuid":',
  '"timestamp":"2026-11-13T08:06:35.426Z"',
  '"is_error":true',
  '"tool_use_id":"toolu_2"',
  '"toolDenialKind":"user"',
  ',"userType":"external"',
  "Prüfung — ✓",
  'C:\\\\Users\\"x"',
  "\n\t{}[]",
  "x".repeat(900),
);
const words = fc.array(word, { maxLength: 6 }).map((parts) => parts.join(" "));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    words,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie("list"),
    tie("object"),
  ),
  list: fc.array(tie("value"), { maxLength: 3 }),
  object: fc.dictionary(
    fc.constantFrom("usage", "stop_reason", "type", "uuid", "command", "file_path", "message", "x"),
    tie("value"),
    { maxKeys: 4 },
  ),
}));
const block = fc.oneof(
  fc.record({ type: fc.constant("text"), text: words }),
  fc.record({ type: fc.constant("thinking"), thinking: words, signature: words }),
  fc.record({
    type: fc.constant("tool_use"),
    id: fc.constantFrom("toolu_1", "toolu_2"),
    name: words,
    input: json.object,
  }),
);
const odd = fc.constantFrom(-1, 1.5, 1e300, null, "12", true, [], [7], {}, { input_tokens: 5 });
const tokens = fc.oneof({ weight: 20, arbitrary: fc.nat() }, odd);
const some = (model: Record<string, fc.Arbitrary<unknown>>) =>
  fc.oneof({ weight: 9, arbitrary: fc.record(model, { requiredKeys: [] }) }, odd);
const usage = fc.record(
  {
    input_tokens: tokens,
    cache_creation_input_tokens: tokens,
    cache_read_input_tokens: tokens,
    output_tokens: tokens,
    cache_creation: some({ ephemeral_5m_input_tokens: tokens, ephemeral_1h_input_tokens: tokens }),
    output_tokens_details: some({ thinking_tokens: tokens }),
    server_tool_use: some({ web_search_requests: tokens, web_fetch_requests: tokens }),
    service_tier: fc.constantFrom("standard", "batch", null, 1, {}),
    speed: fc.constantFrom("standard", "fast", null, "Ü\n"),
    inference_geo: fc.constantFrom("us", null),
    iterations: fc.constantFrom<unknown>(
      null,
      {},
      [],
      [{ type: "message", input_tokens: 1 }],
      [{ type: "compaction", output_tokens: 3 }],
    ),
  },
  { requiredKeys: [] },
);
const uuid = "a8d0c9e1-0000-4000-8000-00000000000";
const client = fc.record({
  userType: fc.constant("external"),
  cwd: fc.constantFrom("/home/dev/shop", "/home/dev/Prüfung"),
  sessionId: fc.constantFrom("s-1", "s-2"),
  version: fc.constant("2.1.329"),
  gitBranch: fc.constantFrom("main", ""),
});
const time = fc.constantFrom("2026-11-13T08:06:35.426Z", "2026-11-13T08:06:36.000Z", "2026-11-13");
const response = fc
  .record({
    start: fc.record(
      {
        parentUuid: fc.constantFrom(null, `${uuid}1`),
        isSidechain: fc.boolean(),
        agentId: fc.constant("a1"),
      },
      { requiredKeys: ["parentUuid", "isSidechain"] },
    ),
    message: fc.record({
      id: fc.constantFrom("msg_01A", "msg_01B", "m1"),
      type: fc.constant("message"),
      role: fc.constant("assistant"),
      model: fc.constantFrom("claude-opus-5-5", "<synthetic>", "claude-opus-5-5[1m]"),
      // The clients write one block to a line.
      content: fc.oneof({ weight: 3, arbitrary: block.map((b) => [b]) }, fc.array(block, { maxLength: 3 })),
      stop_reason: fc.constantFrom(null, "end_turn"),
      stop_sequence: fc.constant(null),
      usage,
    }),
    middle: fc.record(
      {
        requestId: fc.constantFrom("req_1", "req_2"),
        costUSD: fc.constant(0.5),
        isApiErrorMessage: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    timestamp: time,
    client,
    after: fc.constantFrom({}, { requestSessionId: "s-9" }),
  })
  .map(({ start, message, middle, timestamp, client, after }) =>
    JSON.stringify({
      ...start,
      message,
      ...middle,
      type: "assistant",
      uuid: `${uuid}2`,
      timestamp,
      ...client,
      ...after,
    }),
  );
const answer = fc
  .record({
    result: fc.record(
      {
        tool_use_id: fc.constantFrom("toolu_1", "toolu_2"),
        type: fc.constant("tool_result"),
        content: words,
        is_error: fc.boolean(),
      },
      { requiredKeys: ["tool_use_id", "type", "content"] },
    ),
    more: fc.array(block, { maxLength: 1 }),
    timestamp: time,
    toolUseResult: fc.oneof(json.object, json.list, words),
    client,
    after: fc.constantFrom({}, { toolDenialKind: "user-rejected" }, { requestSessionId: "s-9" }),
  })
  .map(({ result, more, timestamp, toolUseResult, client, after }) =>
    JSON.stringify({
      parentUuid: null,
      isSidechain: false,
      promptId: "p-1",
      type: "user",
      message: { role: "user", content: [result, ...more] },
      uuid: `${uuid}3`,
      timestamp,
      toolUseResult,
      ...after,
      ...client,
    }),
  );
/** A byte lost, two lines glued, an end torn off: as a crash leaves them. */
const broken = fc
  .tuple(fc.oneof(response, answer), fc.nat(), fc.constantFrom("cut", "glue"))
  .map(([line, at, how]) =>
    how === "cut" ? line.slice(0, at % line.length) : line.slice(0, at % line.length) + line,
  );

/** The same line as another client might write it: its keys in the opposite order, with blanks between. */
const turned = fc.oneof(response, answer).map((line) => {
  const turn = (value: unknown): unknown =>
    typeof value !== "object" || value === null
      ? value
      : Array.isArray(value)
        ? value.map(turn)
        : Object.fromEntries(
            Object.entries(value)
              .toReversed()
              .map(([key, inside]) => [key, turn(inside)]),
          );
  return JSON.stringify(turn(JSON.parse(line)), undefined, " ").replaceAll("\n", " ");
});

test("V6 a transcript gives the same by the fast path and by the plain one: whatever is in them", () => {
  let skimmed = 0;
  const lines = fc.array(fc.oneof(response, answer, turned, broken), { minLength: 1, maxLength: 6 });
  void fc.assert(
    fc.property(lines, (lines) => {
      expect(read(lines)).toEqual(plain(lines));
      skimmed += lines.filter(isSkimmed).length;
    }),
    { numRuns: 1500 },
  );
  expect(skimmed).toBeGreaterThan(500);
});
