import { expect, test } from "bun:test";
import { keepReady } from "../../cli/keep-ready.ts";
import { createBeat } from "../../collector/beat.ts";
import { createJudged } from "../../store/judged/judged.ts";
import { bundledBook } from "../../store/price-book.ts";
import { until } from "../e2e/daemon.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";

const NOW = Date.parse("2026-06-01T10:00:00Z");
const DAY_MS = 86_400_000;

test("F007 W10 sessions of 90 days are worked out, latest first, once history is read, and again a minute after a change", async () => {
  const world = createWorld();
  const beat = createBeat();
  const kept: string[] = [];
  let isCaughtUp = false;
  let now = NOW;
  const put = async (session: string, days: number) => {
    const timestamp = new Date(NOW - days * DAY_MS).toISOString();
    const message = { id: `msg_${session}` };
    const line = assistant({ sessionId: session, requestId: `req_${session}`, timestamp, message });
    world.write(transcript(session), jsonl(line));
    await world.read();
  };
  const judged = createJudged(world.db, bundledBook());
  const { changes } = world.pipeline.store;
  const keep = (pk: number) => {
    judged.keep(pk);
    kept.push(
      world.one<{ id: string }>("select source_session_id as id from sessions where session_pk = ?", pk).id,
    );
  };
  const parts = { reader: world.db, judged: { keep }, changes, beat, isCaughtUp: () => isCaughtUp };
  for (const [session, days] of Object.entries({ old: 91, early: 80, late: 1 })) await put(session, days);
  /** Resolves once all that is due at this moment had its turn. */
  const turn = () => new Promise<void>((done) => void onceRun(beat, done));
  const end = keepReady({ ...parts, now: () => now });
  try {
    await turn();
    expect(kept).toEqual([]);
    isCaughtUp = true;
    await until("they are worked out", () => kept.length > 0);
    await turn();
    expect(kept).toEqual(["late", "early"]);
    await put("new", 0);
    now += 30_000;
    await turn();
    expect(kept).toHaveLength(2);
    now += 31_000;
    await until("the change is seen", () => kept.includes("new"));
    await turn();
    expect(kept.slice(2)).toEqual(["new", "late", "early"]);
    now += 61_000;
    await turn();
    expect(kept).toHaveLength(5);
  } finally {
    end();
    beat.stop();
    world.close();
  }
});

/** What joined the beat before runs before in the same wake. */
function onceRun(beat: ReturnType<typeof createBeat>, done: () => void): void {
  const leave = beat.every({
    every_ms: 1000,
    run() {
      leave();
      done();
    },
  });
}
