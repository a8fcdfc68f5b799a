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
