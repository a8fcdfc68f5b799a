import { expect, test } from "bun:test";
import { openReader } from "../../store/database.ts";
import { captureQueries } from "../../store/queries/capture.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";

test("I10.5 what was looked up of an agent is looked up again once anything is stored", async () => {
  const w = createWorld();
  const reader = openReader(w.config.data_dir);
  const { signsOf } = captureQueries(reader);
  const none = { growth: null, hook: null, telemetry: null, statusline: null };
  expect(signsOf("claude")).toEqual(none);
  const first = signsOf("claude");
  expect(signsOf("claude")).toBe(first);
  w.write(transcript("S1"), jsonl(assistant({ requestId: "req_01A", message: { id: "msg_01A" } })));
  await w.read();
  expect(signsOf("claude")).toEqual({ ...none, growth: expect.any(Number) });
  expect(signsOf("codex")).toEqual(none);
  reader.close();
  w.close();
});

test("D-13 calls of history are no matter for the ledger, however many of them are read", async () => {
  const w = createWorld();
  const response = (n: number, timestamp: string) =>
    assistant({ timestamp, requestId: `req_01A${n}`, message: { id: `msg_01A${n}` } });
  const old = Array.from({ length: 20 }, (_, n) => response(n, "2026-11-01T10:00:00.000Z"));
  w.write(transcript("S1"), jsonl(...old, response(20, "2026-11-21T10:00:00.000Z")));
  await w.read();
  const reader = openReader(w.config.data_dir);
  const { callsAfter } = captureQueries(reader);
  const calls = callsAfter(0, Date.parse("2026-11-20T10:00:00.000Z"));
  expect(calls.map((call) => call.request_id)).toEqual(["req_01A20"]);
  expect(callsAfter(0, 0)).toHaveLength(21);
  reader.close();
  w.close();
});
