import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createArchive } from "../../store/archive.ts";
import { createWorld } from "../world.ts";
import { spoolRecord, toolStarted } from "./records.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const T0 = Date.parse("2026-11-20T12:00:00Z");

test("F21 a clock that jumps a year ahead and back leaves order, archive and durations as they were", async () => {
  const w = createWorld();
  try {
    const folder = join(w.config.data_dir, "archive");
    const times = [T0, T0 + 365 * DAY_MS, T0 + 1000, T0 + 2000];
    for (const [i, now] of times.entries()) {
      // The end of a call is stamped before its start wherever the clock went back in between.
      const started = toolStarted("s1", `t${i}`);
      const ended = { ...started, hook_event_name: "PostToolUse", tool_response: {} };
      w.append(".local/share/hall-monitor/spool/202611201200.log", spoolRecord(`a${i}`, started, now));
      w.append(".local/share/hall-monitor/spool/202611201200.log", spoolRecord(`b${i}`, ended, now - 500));
      await w.read();
      // Every time as a daemon would that was restarted.
      const archive = createArchive(w.db, w.config.data_dir);
      while (archive.append(now));
    }
    const rows = w.all<{ seq: number; id: string }>("select seq, event_id as id from events order by seq");
    expect(rows.map((r) => r.id)).toEqual(times.flatMap((_, i) => [`a${i}`, `b${i}`]));
    const lines = readdirSync(folder).flatMap((day) =>
      readFileSync(join(folder, day), "utf8").trimEnd().split("\n"),
    );
    const archived = lines
      .map((line) => JSON.parse(line) as { seq: number; after_seq?: number })
      .filter((line) => line.after_seq === undefined)
      .map((line) => line.seq);
    expect(archived.sort((a, b) => a - b)).toEqual(rows.map((r) => r.seq));
    const durations = w.all<{ duration_ms: number }>("select duration_ms from tool_calls");
    expect(durations.map((d) => d.duration_ms)).toEqual([0, 0, 0, 0]);
  } finally {
    w.close();
  }
});
