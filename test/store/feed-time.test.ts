import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { feedQueries } from "../../store/queries/feed.ts";
import type { FeedFilter, TimeKey } from "../../store/queries/feed-filter.ts";
import { newestKeys } from "../../store/queries/feed-newest.ts";
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

const AFTER: TimeKey = { time_unix_ms: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };

test("F046.A5 events come by their own time, page by page without a gap or a repetition, by whichever index", async () => {
  await using viewer = await startViewer();
  const { db, commit, ids } = viewer;
  commit((r) => {
    for (let i = 0; i < 60; i++) {
      const time_unix_ms = T0 + ((i * 7) % 13) * 1000;
      const event_type = ["tool_started", "tool_failed", "notification"][i % 3]!;
      const tool_name = i % 3 === 2 ? null : ["Bash", "Read", "mcp__git__log"][i % 5 === 0 ? 2 : i % 2]!;
      if (i % 4) r.event(i % 5 ? ids.one : ids.two, { time_unix_ms, event_type, tool_name });
      else r.request(i % 3 ? ids.two : ids.codex, { time_unix_ms });
    }
  });
  const all = [...feedQueries(db).ascending({}, 1_000_000)].flat().reverse();
  const filters: [FeedFilter, (e: (typeof all)[number]) => boolean][] = [
    [{}, () => true],
    [{ from_unix_ms: T0 + 4000 }, (e) => e.time_unix_ms >= T0 + 4000],
    [{ event_type: ["tool_failed", "api_response"] }, (e) => /tool_failed|api_resp/.test(e.event_type)],
    [{ tool_name: "BASH" }, (e) => e.tool_name === "Bash"],
    [
      { tool_name: "mcp__*", event_type: ["tool_failed"] },
      (e) => e.event_type === "tool_failed" && (e.tool_name?.startsWith("mcp__") ?? false),
    ],
    [{ tool_name: "none of them" }, () => false],
    [{ session_id: "claude:def-2" }, (e) => e.session_key === "claude:def-2"],
    [
      { project: "/home/dev/shop", event_category: ["tool"] },
      (e) => e.project_path === "/home/dev/shop" && e.event_category === "tool",
    ],
    [{ q: "gpt" }, (e) => e.event_type === "api_response" && String(e.data.model).includes("gpt")],
  ];
  for (const sizes of [
    { recent: 5000, text: 10_000, few: 50_000 },
    { recent: 3, text: 4, few: 50_000 },
    { recent: 3, text: 4, few: 2 },
  ])
    for (const [filter, isMeant] of filters)
      for (const limit of [1, 7, 1000]) {
        const newest = newestKeys(db, sizes);
        const seen: number[] = [];
        for (let before: TimeKey | null = AFTER; before !== null; ) {
          const page = newest(filter, before, limit);
          seen.push(...page.keys.map((key) => key.seq));
          before = page.next_before;
        }
        expect([filter, seen]).toEqual([filter, all.filter(isMeant).map((e) => e.seq)]);
      }
});

test("F040.A1 what follows activity gets what is recent and all of the sessions that it follows, page by page", async () => {
  await using viewer = await startViewer();
  const { db, commit, ids } = viewer;
  commit((r) => {
    for (let i = 0; i < 60; i++) {
      const fields = { time_unix_ms: T0 + ((i * 7) % 13) * 1000 };
      if (i % 3) r.event(i % 2 ? ids.one : ids.two, fields);
      else r.request(i % 2 ? ids.two : ids.codex, fields);
    }
  });
  const feed = feedQueries(db);
  const all = feed.after(0, 1000);
  const keys = [...new Set(all.map((e) => e.session_key))];
  const since = fc.integer({ min: -1, max: 14 }).map((second) => T0 + second * 1000);
  void fc.assert(
    fc.property(
      since,
      fc.subarray(keys),
      fc.nat(60),
      fc.integer({ min: 1, max: 70 }),
      (at, sessions, from, limit) => {
        const wanted = all.filter(
          (e) => e.seq > from && (e.time_unix_ms >= at || sessions.includes(e.session_key)),
        );
        expect(feed.recentAfter(from, at, sessions, limit)).toEqual(wanted.slice(0, limit));
      },
    ),
  );
});
