import { expect, test } from "bun:test";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";

test("a row is noted for the archive again when a value of it changes, and only then", async () => {
  const w = createWorld();
  w.write(transcript("S1"), jsonl(assistant({ usage: { output_tokens: 5 } })));
  await w.read();
  w.db.run("insert into meta (key, value) values ('archived_session', '1')");
  w.db.run("delete from archive_pending");
  const noted = () => w.all("select kind, row_pk from archive_pending order by kind");
  w.pipeline.collector.reindex(["claude"]);
  await w.read();
  expect(noted()).toEqual([]);
  w.append(
    transcript("S1"),
    jsonl(assistant({ usage: { output_tokens: 9 }, timestamp: "2026-11-01T10:00:05.000Z" })),
  );
  await w.read();
  expect(noted()).toEqual([
    { kind: "request", row_pk: 1 },
    { kind: "session", row_pk: 1 },
  ]);
  w.close();
});
