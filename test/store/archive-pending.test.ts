import { expect, test } from "bun:test";
import { spoolRecord, toolStarted } from "../e2e/records.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";

test("F036 a row is noted for the archive again when a value of it changes, and only then", async () => {
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

test("F036 a row that is still noted can change again", async () => {
  const w = createWorld();
  const at = ".local/share/hall-monitor/spool/202611201200.log";
  for (const event of ["SubagentStart", "SubagentStop", "SubagentStop"]) {
    const payload = {
      ...toolStarted("S1", "t1"),
      hook_event_name: event,
      agent_id: "a1",
      agent_type: "Explore",
    };
    w.append(at, spoolRecord(`e-${event}-${w.all("select 1 from events").length}`, payload));
    await w.read();
  }
  expect(w.all("select detail from rejects")).toEqual([]);
  expect(w.all("select agent_type from agents where ended_unix_ms is not null")).toEqual([
    { agent_type: "Explore" },
  ]);
  w.close();
});
