import { describe, expect, test } from "bun:test";
import { assistant, createWorld, jsonl, totals, transcript, type World } from "../world.ts";
import { openCase, totalsOf } from "./case.ts";

const at = (minute: number, second = 0) =>
  `2026-11-01T10:${String(minute).padStart(2, "0")}:${String(second).padStart(2, "0")}.000Z`;
const answer = (id: string, timestamp: string, output_tokens: number, more: Record<string, unknown> = {}) =>
  assistant({
    timestamp,
    requestId: undefined,
    message: { id },
    usage: { input_tokens: 5, output_tokens },
    ...more,
  });
const prompt = (timestamp: string, content: unknown = "go") => ({
  type: "user",
  uuid: crypto.randomUUID(),
  sessionId: "S1",
  timestamp,
  message: { role: "user", content },
});
const result = (timestamp: string) =>
  prompt(timestamp, [{ type: "tool_result", tool_use_id: "toolu_1", content: "ok" }]);

async function counted(lines: unknown[], scans: (world: World) => Promise<void> = (w) => w.read()) {
  const world = createWorld();
  world.write(transcript("S1"), jsonl(...lines));
  await scans(world);
  const { requests, output } = totals(world);
  world.close();
  return [requests, output];
}

describe("answers without a vendor's id", () => {
  test("EC012 CASE03 a relay that gives every answer one id loses none of them, however often and in whatever pieces it is read", async () => {
    const world = openCase("03");
    await world.read();
    const wanted = [6, 30, 0, 21_210, 424_320_000];
    expect(totalsOf(world)).toEqual(wanted);
    expect(world.one("select sum(inferred_id_requests) as n from usage_totals")).toEqual({ n: 6 });
    world.pipeline.collector.reindex(["claude"]);
    await world.read();
    expect(totalsOf(world)).toEqual(wanted);
    world.close();
  });

  test("CASE03 a file that grows line by line gives the same answers", async () => {
    const world = createWorld();
    const lines = [
      prompt(at(1)),
      answer("relay", at(1, 5), 10),
      answer("relay", at(1, 5), 10),
      prompt(at(2)),
      answer("relay", at(2, 5), 10),
    ];
    for (const line of lines) {
      world.append(transcript("S1"), jsonl(line));
      await world.read();
    }
    expect(totals(world)).toMatchObject({ requests: 2, output: 20 });
    world.close();
  });

  test("CASE03 between two calls of tools each answer is its own, also with one word for an id", async () => {
    const loop = [
      prompt(at(1)),
      answer("relay", at(1, 5), 10),
      result(at(1, 6)),
      answer("relay", at(1, 9), 10, { usage: { input_tokens: 50, output_tokens: 10 } }),
    ];
    expect(await counted(loop)).toEqual([2, 20]);
    expect(
      await counted([
        answer("x", at(1), 10, { requestId: "r1" }),
        answer("x", at(1), 10, { requestId: "r2" }),
      ]),
    ).toEqual([2, 20]);
  });

  test("CASE03 blocks of one answer with an id of a proxy's own stay one, with a tool's result between them", async () => {
    const id = "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG";
    expect(
      await counted([prompt(at(1)), answer(id, at(1, 5), 10), result(at(1, 6)), answer(id, at(1, 7), 10)]),
    ).toEqual([1, 10]);
    const growing = [
      answer("gen-1", at(1), 1, { message: { id: "gen-1", stop_reason: null } }),
      answer("gen-1", at(1, 2), 412),
    ];
    expect(await counted(growing)).toEqual([1, 412]);
  });

  test("CASE05 a fork's copies are the same answers, whatever their ids look like and whichever file is read first", async () => {
    const world = openCase("05");
    await world.read();
    expect(totalsOf(world)).toEqual([4, 4, 0, 11_110, 222_216_000]);
    world.close();
    const later = createWorld();
    const copied = [answer("chatcmpl-a", at(1), 10), answer("chatcmpl-b", at(2), 100)];
    later.write(
      transcript("S2"),
      jsonl(
        ...copied.map((line) => ({ ...line, sessionId: "S2" })),
        answer("chatcmpl-c", at(3), 1000, { sessionId: "S2" }),
      ),
    );
    await later.read();
    later.write(transcript("S1"), jsonl(...copied));
    await later.read();
    expect(totals(later)).toMatchObject({ requests: 3, output: 1110 });
    later.close();
  });

  test("CASE03 what an earlier version stored under the id of a session is not counted again when it is read again", async () => {
    const world = openCase("05");
    await world.read();
    const wanted = totalsOf(world);
    // Which of two files of one age owns an answer is open; the earlier name has its session.
    world.db.run(
      `update requests set request_key = 'claude:' || owner.id || ':' || response_id
       from (select session_pk, source_session_id as id from sessions) as owner
       where owner.session_pk = requests.session_pk
         and response_id in ('chatcmpl-aaa', 'chatcmpl-bbb')`,
    );
    world.pipeline.collector.reindex(["claude"]);
    await world.read();
    expect(totalsOf(world)).toEqual(wanted);
    world.close();
  });

  test("CASE06 a record without figures beside the real one is the same answer, in either order", async () => {
    const world = openCase("06");
    await world.read();
    expect(totalsOf(world)).toEqual([2, 1600, 100, 90, null]);
    world.close();
  });
});
