import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { zstdCompressSync } from "node:zlib";
import { LineReducer } from "../../collector/reduce.ts";
import { assistant, createWorld, jsonl, totals, transcript, type World } from "../world.ts";
import { openCase, totalsOf } from "./case.ts";

const NUL = "\0";
const id = (n: number) => `msg_01${String(n).padStart(22, "0")}`;
const answer = (n: number, output_tokens: number, more: Record<string, unknown> = {}) =>
  assistant({ message: { id: id(n) }, usage: { input_tokens: 1, output_tokens }, ...more });
const text = (n: number, output: number) => JSON.stringify(answer(n, output));

async function reading(bytes: string): Promise<{ world: World; found: unknown[] }> {
  const world = createWorld();
  world.write(transcript("S1"), bytes);
  await world.read();
  const { requests, output } = totals(world);
  return { world, found: [requests, output] };
}
const rejects = (world: World) =>
  world.all("select reason, offset, length_bytes from rejects order by offset");
const recovered = (world: World) =>
  world.one<{ n: number | null }>("select sum(lines) as n from ignored_lines where kind = 'recovered'").n ??
  0;

describe("damage", () => {
  test("EC010 CASE01 whole records around runs of NUL are counted, also where the client appends behind one", async () => {
    const world = openCase("01");
    await world.read();
    expect(totalsOf(world)).toEqual([4, 4, 0, 11_110, 222_216_000]);
    const more = readFileSync(new URL("../fixtures/cases/01/append.txt", import.meta.url));
    world.append(".claude/projects/-w-app/S2.jsonl", Buffer.concat([more, Buffer.from("\n")]));
    await world.read();
    expect(totalsOf(world)).toEqual([5, 5, 0, 111_110, 2_222_220_000]);
    expect(world.all("select distinct reason from rejects")).toEqual([{ reason: "nul_bytes" }]);
    world.close();
  });

  test("CASE01 a torn record with a whole one behind it costs the torn one, and the places are true", async () => {
    const torn = text(1, 10).slice(0, 200);
    const { world, found } = await reading(`${torn}${text(2, 100)}\n${text(3, 1000)}\n`);
    expect(found).toEqual([2, 1100]);
    expect(rejects(world)).toEqual([{ reason: "torn_record", offset: 0, length_bytes: 200 }]);
    expect(world.one("select offset from requests where output_tokens = 100")).toEqual({ offset: 200 });
    expect(recovered(world)).toBe(1);
    world.close();
  });

  test("CASE01 a record that is torn inside a text takes nothing with it", async () => {
    const open = text(1, 10).slice(0, text(1, 10).indexOf('"gitBranch":"ma') + 15);
    for (const glue of ["", NUL.repeat(50), " "]) {
      const { world, found } = await reading(`${open}${glue}${text(2, 100)}\n`);
      expect([glue, ...found]).toEqual([glue, 1, 100]);
      world.close();
    }
  });

  test("CASE01 records on one line are all read: }{, with a comma, with blanks, with a byte order mark between", async () => {
    for (const glue of ["", ",", " ", "\r", "\ufeff", NUL.repeat(9)]) {
      const { world, found } = await reading(`${[text(1, 10), text(2, 100), text(3, 1000)].join(glue)}\n`);
      expect([glue, ...found]).toEqual([glue, 3, 1110]);
      expect([glue, rejects(world).length, recovered(world)]).toEqual([
        glue,
        glue.startsWith(NUL) ? 1 : 0,
        3,
      ]);
      world.close();
    }
  });

  test("CASE01 a list of records on one line is read record by record, and a list of anything else is a reject", async () => {
    const { world, found } = await reading(`[${text(1, 10)}, ${text(2, 100)}]\n[1,2]\n`);
    expect(found).toEqual([2, 110]);
    expect(rejects(world)).toMatchObject([{ reason: "unknown_shape", length_bytes: 5 }]);
    world.close();
  });

  test("CASE01 a block or a message inside of a torn record is no record", async () => {
    const { world, found } = await reading(
      `{"type":"assistant","broken":${text(1, 10).slice(1).replace('"message":{', '"message":x{')}\n`,
    );
    expect(found[0]).toBe(0);
    expect(rejects(world)).toMatchObject([{ reason: "invalid_json", offset: 0 }]);
    world.close();
  });

  test("CASE01 rollouts recover alike, and what was read in pieces is the same", async () => {
    const line = (type: string, payload: object) =>
      JSON.stringify({ timestamp: "2026-11-01T10:00:00.000Z", type, payload });
    const u = (n: number) => ({
      input_tokens: n,
      cached_input_tokens: 0,
      output_tokens: 0,
      reasoning_output_tokens: 0,
      total_tokens: n,
    });
    const count = (total: number, last: number) =>
      line("event_msg", {
        type: "token_count",
        info: { total_token_usage: u(total), last_token_usage: u(last) },
      });
    const thread = "01a30000-0000-7000-8000-0000000000aa";
    const path = `.codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-${thread}.jsonl`;
    const world = createWorld();
    world.write(
      path,
      `${line("session_meta", { id: thread, cwd: "/w/app" })}\n${NUL.repeat(5000)}${line("turn_context", { turn_id: "t1", model: "gpt-6-sol" })}\n${count(1000, 1000)}${count(1500, 500)}\n`,
    );
    await world.read();
    world.append(path, count(1700, 200).slice(0, 40));
    await world.read();
    world.append(path, `${count(1700, 200)}\n`);
    await world.read();
    expect(totalsOf(world).slice(0, 2)).toEqual([3, 1700]);
    expect(world.all("select reason from rejects order by offset")).toEqual([
      { reason: "nul_bytes" },
      { reason: "torn_record" },
    ]);
    world.close();
  });

  test("CASE07 separators of lines inside of texts end no line", async () => {
    const world = openCase("07");
    await world.read();
    expect(totalsOf(world)).toEqual([1, 1, 0, 10, 204_000]);
    expect(world.one("select hex(prompt) as prompt from turns")).toEqual({
      prompt: "61E280A862E280A963C28564",
    });
    world.close();
  });
});

describe("long lines", () => {
  const BIG = 17 * 1024 * 1024;
  const reduce = (line: string): string => {
    const reducer = new LineReducer();
    const bytes = Buffer.from(line);
    for (let at = 0; at < bytes.length; at += 1000)
      reducer.push(bytes, at, Math.min(bytes.length, at + 1000));
    return reducer.result()?.toString() ?? "";
  };

  test("CASE16 a long line keeps its shape, its figures and the beginnings of its texts", () => {
    const value = {
      a: 1,
      text: "x".repeat(50_000),
      list: Array.from({ length: 5000 }, (_, i) => i),
      tail: { output_tokens: 7, 'k\\"': null },
    };
    const short = JSON.parse(reduce(JSON.stringify(value)));
    expect(short).toMatchObject({ a: 1, tail: value.tail });
    expect(value.text).toStartWith(short.text);
    expect(short.text.length).toBe(4096);
    expect(short.list).toEqual(value.list.slice(0, 1000));
    expect(JSON.parse(reduce(`{"a":${"[".repeat(50)}1${"]".repeat(50)},"b":2}`))).toMatchObject({ b: 2 });
    expect(JSON.parse(reduce(`{"a":[${"[1],".repeat(2000)}[2]],"b":"}]"}`)).b).toBe("}]");
  });

  test("CASE16 neither an escape nor a character is cut through, and what is short stays as it is", () => {
    for (const part of ["\\n", '\\"', "\\\\", "\\u00e9", "é", "😀", "\\ud83d\\ude00", 'x\\\\\\"']) {
      for (let shift = 0; shift < 7; shift++) {
        const line = `{"t":"${"-".repeat(shift)}${part.repeat(4000)}","n":1}`;
        const short = JSON.parse(reduce(line)) as { t: string; n: number };
        expect([
          part,
          short.n,
          JSON.parse(line).t.startsWith(short.t.replace(/[\ud800-\udbff]$/, "")),
        ]).toEqual([part, 1, true]);
      }
      const whole = `{"t":"${part}","n":[1,{"x":[]}]}`;
      expect(reduce(whole)).toBe(whole);
    }
  });

  test("EC013 CASE16 usage, ends of tools and prompts on lines beyond 16 MiB are known", async () => {
    const big = "A".repeat(BIG);
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data: big } };
    const world = createWorld();
    world.write(
      transcript("S1"),
      jsonl(
        answer(1, 100, {
          message: {
            id: id(1),
            content: [
              { type: "tool_use", id: "toolu_1", name: "Write", input: { file_path: "/w/a", content: big } },
            ],
          },
        }),
        {
          type: "user",
          uuid: "u1",
          sessionId: "S1",
          timestamp: "2026-11-01T10:00:30.000Z",
          message: {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: "toolu_1", content: [image] }],
          },
        },
        {
          type: "user",
          uuid: "u2",
          sessionId: "S1",
          timestamp: "2026-11-01T10:02:00.000Z",
          message: { role: "user", content: [{ type: "text", text: "look" }, image] },
        },
        answer(2, 1000),
      ),
    );
    await world.read();
    expect(totals(world)).toMatchObject({ requests: 2, output: 1100 });
    expect(world.one("select tool_name, outcome, summary from tool_calls")).toEqual({
      tool_name: "Write",
      outcome: "completed",
      summary: "/w/a",
    });
    expect(world.one("select prompt from turns")).toEqual({ prompt: "look" });
    expect(world.one("select lines from ignored_lines where kind = 'reduced'")).toEqual({ lines: 3 });
    expect(rejects(world)).toEqual([]);
    world.close();
  });

  test("CASE16 a compressed rollout with such a line is read like a plain one", async () => {
    const line = (type: string, payload: object) =>
      JSON.stringify({ timestamp: "2026-11-01T10:00:00.000Z", type, payload });
    const u = (n: number) => ({
      input_tokens: n,
      cached_input_tokens: 0,
      output_tokens: 0,
      reasoning_output_tokens: 0,
      total_tokens: n,
    });
    const count = (total: number, last: number) =>
      line("event_msg", {
        type: "token_count",
        info: { total_token_usage: u(total), last_token_usage: u(last) },
      });
    const thread = "01a30000-0000-7000-8000-0000000000aa";
    const lines = [
      line("session_meta", { id: thread, cwd: "/w/app" }),
      line("turn_context", { turn_id: "t1", model: "gpt-6-sol" }),
      count(1000, 1000),
      line("response_item", { type: "function_call", name: "view_image", call_id: "c1", arguments: "{}" }),
      line("response_item", { type: "function_call_output", call_id: "c1", output: "A".repeat(BIG) }),
      line("compacted", {
        message: "",
        replacement_history: [{ type: "message", content: "A".repeat(BIG) }],
      }),
      count(3000, 2000),
    ];
    const world = createWorld();
    const path = `.codex/archived_sessions/rollout-2026-11-01T10-00-00-${thread}.jsonl`;
    world.write(`${path}.zst`, zstdCompressSync(Buffer.from(`${lines.join("\n")}\n`)));
    await world.read();
    expect(totalsOf(world).slice(0, 2)).toEqual([2, 3000]);
    expect(world.one("select outcome from tool_calls")).toEqual({ outcome: "completed" });
    expect(world.one("select count(*) as n from events where event_type = 'compaction_completed'")).toEqual({
      n: 1,
    });
    world.close();
  });

  test("CASE16 a run of NUL that is longer than any line is skipped, and the record behind it is where it is", async () => {
    const { world, found } = await reading(`${text(1, 10)}\n${NUL.repeat(BIG)}${text(2, 100)}\n`);
    expect(found).toEqual([2, 110]);
    const offset = text(1, 10).length + 1 + BIG;
    expect(world.one("select offset from requests where output_tokens = 100")).toEqual({ offset });
    world.close();
  });
});
