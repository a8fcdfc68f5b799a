import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { createLoopTracker } from "../collector/alerts/loops.ts";
import { createComplaints } from "../collector/complaints.ts";
import { LOOP_FILE, LOOP_TOUCH_MS, type LoopFile } from "../hooks/loops.ts";
import type { AlertSettings, LoopGuard } from "../schema/alerts.ts";
import { messageOf } from "../schema/errors.ts";
import { loopEventQueries } from "../store/queries/loop-events.ts";
import { keptFile } from "./kept-file.ts";

type Parts = {
  reader: Database;
  data_dir: string;
  config: string;
  settings(): AlertSettings | undefined;
  log(line: string): void;
  now(): number;
};

/**
 * Maintains the file of repeatedly failing calls, for the hook of `install --hard-stop`. Calls from before the guard
 * was enabled, or before this daemon started, are not counted: when in doubt, a call runs.
 */
export function createLoopGuard({ reader, data_dir, config, settings, log, now }: Parts) {
  const queries = loopEventQueries(reader);
  const tracker = createLoopTracker();
  const file = keptFile(join(data_dir, LOOP_FILE), LOOP_TOUCH_MS);
  let seq: number | undefined;
  const complaints = createComplaints(log);

  function guardNow(): LoopGuard | undefined {
    const wish = settings();
    return wish?.enabled && !wish.dry_run ? wish.loop_guard : undefined;
  }

  function check(): void {
    const guard = guardNow();
    if (!guard) {
      seq = undefined;
      tracker.forget();
      file.update(undefined, now());
      return;
    }
    seq ??= queries.lastSeq();
    for (const event of queries.after(seq)) {
      tracker.note(event);
      seq = event.seq;
    }
    const loops = tracker.loops(guard);
    const content: LoopFile = { pid: process.pid, loops, config };
    const change = file.update(loops.length > 0 ? content : undefined, now());
    if (change) log(change === "written" ? "loop guard: a call keeps failing" : "loop guard: no loop");
  }

  return {
    /** After a commit, after a change of the settings, and every second. */
    check(): void {
      try {
        check();
      } catch (error) {
        file.forget();
        complaints.report(`the loop guard cannot be written: ${messageOf(error)}`);
      }
    },
    remove: (): void => file.remove(),
  };
}
