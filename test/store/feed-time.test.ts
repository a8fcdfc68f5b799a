import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { feedQueries } from "../../store/queries/feed.ts";
import { startViewer, T0 } from "../viewer/rig.ts";

test("F020.A4 in steps of any length the export is the rows of its range in order of time, each once", async () => {
  await using viewer = await startViewer();
  const { db, commit, ids } = viewer;
  commit((r) => {
    for (let i = 0; i < 40; i++) {
      const time_unix_ms = T0 + ((i * 7) % 11) * 1000;
      if (i % 3) r.event(ids.one, { time_unix_ms });
      else r.request(ids.two, { time_unix_ms });
    }
  });
  const feed = feedQueries(db);
  const all = [...feed.ascending({}, 1_000_000)].flat();
  expect(all.length).toBe(feed.lastSeq());
  const at = fc.integer({ min: -1, max: 12 }).map((second) => T0 + second * 1000);
  void fc.assert(
    fc.property(at, at, fc.integer({ min: 1, max: 60 }), fc.boolean(), (from, until, window, isTool) => {
      const filter = {
        from_unix_ms: from,
        until_unix_ms: until,
        ...(isTool && { event_category: ["tool" as const] }),
      };
      const seqs = [...feed.ascending(filter, window)].flat().map((e) => e.seq);
      const wanted = all.filter(
        (e) => e.time_unix_ms >= from && e.time_unix_ms < until && (!isTool || e.event_category === "tool"),
      );
      expect(seqs).toEqual(wanted.map((e) => e.seq));
    }),
  );
  expect(all.map((e) => e.time_unix_ms)).toEqual(all.map((e) => e.time_unix_ms).toSorted((a, b) => a - b));
});
