import { describe, expect, test } from "bun:test";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { textReader } from "../../../store/texts.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../../world.ts";
import { CONTEXTS, core, plantedSecrets } from "../redact/planted.ts";

type Stored = { role: string; agent_id: string; tool_use_id: string | null; text: string; session: string };

function stored(world: World): Stored[] {
  const { textOf } = textReader(world.db);
  return world
    .all<Stored & { chunk_pk: number; chunk_start: number; chunk_chars: number }>(
      `select x.role, x.agent_id, x.tool_use_id, x.chunk_pk, x.chunk_start, x.chunk_chars, s.source_session_id as session
       from texts x join sessions s using (session_pk) order by session, time_unix_ms, text_pk`,
    )
    .map(({ role, agent_id, tool_use_id, session, ...place }) => ({
      role,
      agent_id,
      tool_use_id,
      session,
      text: textOf(place),
    }));
}

async function readAll(world: World): Promise<void> {
  await world.read();
  await world.pipeline.collector.drainTexts();
}

const user = (content: unknown, more: object = {}) => ({
  type: "user",
  sessionId: "S1",
  uuid: crypto.randomUUID(),
  timestamp: "2026-11-01T10:00:00.000Z",
  cwd: "/w/app",
  message: { role: "user", content },
  ...more,
});

const CONVERSATION = [
  user("paint the fence"),
  assistant({
    message: {
      content: [
        { type: "thinking", thinking: "green would do" },
        { type: "text", text: "I look first." },
        { type: "tool_use", id: "t1", name: "Read", input: { file_path: "/w/app/fence.txt" } },
      ],
    },
  }),
  user([{ type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "old paint" }] }]),
];

describe("texts of a conversation", () => {
  test("F041.A1 every text of a conversation is kept with its role, in order, once", async () => {
    const world = createWorld();
    world.write(transcript("S1"), jsonl(...CONVERSATION));
    await readAll(world);
    const texts = stored(world).map(({ role, text }) => [role, text]);
    expect(texts).toEqual([
      ["prompt", "paint the fence"],
      ["thinking", "green would do"],
      ["answer", "I look first."],
      ["tool_input", '{"file_path":"/w/app/fence.txt"}'],
      ["tool_output", "old paint"],
    ]);
    world.pipeline.collector.reindex(["claude"]);
    await readAll(world);
    expect(stored(world).map(({ role, text }) => [role, text])).toEqual(texts);
    world.close();
  });

  test("T30 a line that is written now is stored with its numbers, history after its numbers", async () => {
    const world = createWorld();
    const path = world.write(transcript("S1"), jsonl(...CONVERSATION.slice(0, 2)));
    const { collector } = world.pipeline;
    await world.read();
    expect(stored(world)).toEqual([]);
    await collector.drainTexts();
    expect(stored(world)).toHaveLength(4);
    appendFileSync(path, jsonl(CONVERSATION[2]));
    collector.touch(path);
    await collector.pass();
    expect(stored(world).at(-1)?.text).toBe("old paint");
    world.close();
  });

  test("T30 a fork's copies are stored once and read in both sessions", async () => {
    const world = createWorld();
    world.write(transcript("S1"), jsonl(...CONVERSATION));
    world.write(transcript("S2"), jsonl(...CONVERSATION.map((line) => ({ ...line, sessionId: "S2" }))));
    await readAll(world);
    const of = (session: string) => stored(world).flatMap((t) => (t.session === session ? [t.text] : []));
    expect(of("S2")).toEqual(of("S1"));
    expect(of("S2")).toHaveLength(5);
    expect(world.one<{ n: number }>("select sum(chars) as n from text_chunks").n).toBe(
      of("S1").join("").length,
    );
    world.close();
  });

  test("T30 a picture is kept as its kind, size and digest, a long text to its bound with its whole length", async () => {
    const world = createWorld();
    const picture = {
      type: "base64",
      media_type: "image/png",
      data: Buffer.from("picture").toString("base64"),
    };
    const long = "x y ".repeat(30_000);
    world.write(transcript("S1"), jsonl(user([{ type: "image", source: picture }]), user(long)));
    await readAll(world);
    const [image, cut] = stored(world);
    expect(image?.text).toMatch(/^\[image\/png, 7 bytes, sha256 [0-9a-f]{64}\]$/);
    expect(cut?.text).toBe(long.slice(0, 65_536));
    expect(world.one("select whole_chars from texts where whole_chars is not null")).toEqual({
      whole_chars: long.length,
    });
    world.close();
  });

  test("T30 Codex: prompts, answers, calls and outputs of a rollout", async () => {
    const world = createWorld();
    const line = (payload: object, ordinal: number) => ({
      timestamp: "2026-11-01T10:00:00.000Z",
      type: "response_item",
      ordinal,
      payload,
    });
    const content = (type: string, text: string) => [{ type, text }];
    world.write(
      ".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-T1.jsonl",
      jsonl(
        { timestamp: "2026-11-01T10:00:00.000Z", type: "session_meta", payload: { id: "T1", cwd: "/w/app" } },
        line({ type: "message", role: "user", content: content("input_text", "<environment_context>x") }, 2),
        line({ type: "message", role: "user", content: content("input_text", "mend the gate") }, 3),
        line({ type: "reasoning", summary: [{ type: "summary_text", text: "hinges" }] }, 4),
        line({ type: "function_call", name: "shell", call_id: "c1", arguments: '{"command":"ls"}' }, 5),
        line({ type: "function_call_output", call_id: "c1", output: "gate.txt" }, 6),
        line({ type: "message", role: "assistant", content: content("output_text", "It is mended.") }, 7),
      ),
    );
    await readAll(world);
    expect(stored(world).map(({ role, text }) => [role, text])).toEqual([
      ["context", "<environment_context>x"],
      ["prompt", "mend the gate"],
      ["thinking", "hinges"],
      ["tool_input", '{"command":"ls"}'],
      ["tool_output", "gate.txt"],
      ["answer", "It is mended."],
    ]);
    world.close();
  });

  test("T30 Codex: a line is read or left out by its kind, however its first bytes are written", async () => {
    const world = createWorld();
    const at = '"timestamp":"2026-11-01T10:00:00.000Z"';
    const item = (text: string) =>
      `"payload":{"type":"message","role":"user","content":[{"type":"input_text","text":"${text}"}]}`;
    const lines = [
      `{${at},"ordinal":0,"type":"session_meta","payload":{"id":"T1","cwd":"/w/app"}}`,
      `{${at},"ordinal":1,"type":"event_msg",${item("an event")}}`,
      `{${at},"ordinal":2,"type":"response_item",${item("with its number")}}`,
      `{${at},"type":"world_state",${item("a state")}}`,
      `{${at},"type":"response_item",${item("without a number")}}`,
      `{"type":"response_item",${at},${item("in another order")}}`,
      `{ ${at}, "type": "response_item", ${item("with blanks")}}`,
      `{${at},"type":"response\\u005fitem",${item("with an escape")}}`,
      `{${at},"ordinal":3,"type":"compacted",${item("half a line").slice(0, 40)}{${at},"type":"response_item",${item("torn")}}`,
      `{${at},"type":"response_item",${item("the last one")}}`,
    ];
    world.write(
      ".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-T1.jsonl",
      lines.map((line) => `${line}\n`).join(""),
    );
    await readAll(world);
    expect(stored(world).map(({ text }) => text)).toEqual([
      "with its number",
      "without a number",
      "in another order",
      "with blanks",
      "with an escape",
      "the last one",
    ]);
    world.close();
  });

  test("T29 planted secrets are nowhere in the database, whatever field they came in", async () => {
    const world = createWorld();
    const secrets = plantedSecrets(5, 2);
    const lines = secrets.flatMap((planted, i) => {
      const sentence = CONTEXTS[i % CONTEXTS.length]!(planted.secret);
      const id = `t${i}`;
      return [
        user(sentence),
        assistant({
          requestId: `req_${i}`,
          message: {
            id: `msg_${i}`,
            content: [
              { type: "thinking", thinking: sentence },
              { type: "text", text: sentence },
              { type: "tool_use", id, name: "Bash", input: { command: `run ${planted.secret}` } },
            ],
          },
        }),
        user([{ type: "tool_result", tool_use_id: id, is_error: true, content: sentence }]),
        { ...user(""), type: "ai-title", aiTitle: sentence },
        { ...user(""), type: "system", subtype: "api_error", error: { message: sentence } },
      ];
    });
    world.write(transcript("S1"), jsonl(...lines));
    await readAll(world);
    while (world.pipeline.archive.append(Date.now()));
    const texts = stored(world)
      .map((t) => t.text)
      .join("\n");
    world.db.run("pragma wal_checkpoint(truncate)");
    const disk = readFileSync(join(world.config.data_dir, "hall.db"), "latin1");
    const archive = new Bun.Glob("**/*.jsonl").scanSync({
      cwd: join(world.config.data_dir, "archive"),
      absolute: true,
    });
    const lines2 = [...archive].map((path) => readFileSync(path, "utf8")).join("\n");
    expect(texts).toContain("[redacted:");
    const found = secrets.flatMap((planted) => {
      const word = core(planted);
      const places = { texts, disk, archive: lines2 };
      return Object.entries(places).flatMap(([name, text]) =>
        text.includes(word) ? [`${planted.kind} in ${name}`] : [],
      );
    });
    expect(found).toEqual([]);
    world.close();
  });

  test("T29 metadata keeps no word, full keeps all, and a project has its own setting", async () => {
    const conversation = [...CONVERSATION, user("use ghp_abcdefghijklmnopqrstuvwxyz0123456789 now")];
    const read = async (env: Record<string, string>, config?: object) => {
      const world = createWorld(env);
      if (config) {
        world.write(".local/share/hall-monitor/config.json", JSON.stringify(config));
        world.close();
      }
      return world;
    };
    const none = await read({ HALL_CAPTURE: "metadata" });
    none.write(transcript("S1"), jsonl(...conversation));
    await readAll(none);
    expect(stored(none)).toEqual([]);
    expect(none.all("select prompt from turns where prompt <> ''")).toEqual([]);
    expect(none.all("select summary from tool_calls where summary is not null")).toEqual([]);
    none.close();
    const full = await read({ HALL_CAPTURE: "full" });
    full.write(transcript("S1"), jsonl(...conversation));
    await readAll(full);
    expect(stored(full).at(-1)?.text).toContain("ghp_abcdefghijklmnopqrstuvwxyz0123456789");
    full.close();
  });
});
