import { expect, test } from "bun:test";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { limitQueries } from "../../store/queries/limits.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { rollout, usage } from "../collector/codex-harness.ts";
import { dump, putCorpus } from "../store/archive-corpus.ts";
import { assistant, jsonl } from "../world.ts";
import { all, cli, type Home, one, tempHome } from "./daemon.ts";
import { appendRecords, spoolRecord, toolStarted } from "./records.ts";

/** A machine of its own that has read what was put there. */
async function machine(put: (home: Home) => void): Promise<Home> {
  const home = tempHome();
  put(home);
  expect((await cli(home, "backfill", "--quiet")).code).toBe(0);
  return home;
}

/** The files of its archive, moved to where another machine would get them. */
function archiveOf(home: Home): string[] {
  const folder = join(home.data, "archive");
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}
async function importInto(home: Home, ...paths: string[]) {
  const { code, stdout, stderr } = await cli(home, "import", ...paths, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as { requests: number; events: number; known: number; samples: number };
}
const answer = (n: number, timestamp: string) =>
  assistant({
    requestId: `req_01${n}`,
    message: { id: `msg_01${n}` },
    usage: { input_tokens: 10, output_tokens: n },
    timestamp,
  });
const put = (home: Home, session: string, ...lines: unknown[]) =>
  writeFileSync(home.at(`.claude/projects/-w-app/${session}.jsonl`), jsonl(...lines));
const totals = (home: Home) =>
  one(
    home,
    "select count(*) as requests, sum(output_tokens) as output, sum(cost_nano_usd) as cost from requests",
  );
/** What one database noted of its own reading is not another's. */
const FROM_FILES = "event_type not in ('usage_updated', 'ownership_changed')";
const fromFiles = (rows: Record<string, unknown>[]) =>
  rows.filter((row) => row.event_type !== "usage_updated" && row.event_type !== "ownership_changed");
const without = (rows: Record<string, unknown>[], ...columns: string[]) =>
  rows.map((row) => Object.fromEntries(Object.entries(row).filter(([c]) => !columns.includes(c))));

test("M01 the same transcripts on two machines are the same requests", async () => {
  using here = await machine((home) => putCorpus(home.path, home.data));
  using there = await machine((home) => putCorpus(home.path, home.data));
  const before = here.read(dump);
  const result = await importInto(here, ...archiveOf(there));
  expect(result).toMatchObject({ requests: 0, events: 0, samples: 0 });
  expect(result.known).toBeGreaterThan(before.requests!.length);
  const after = here.read(dump);
  for (const table of ["requests", "events", "tool_calls", "turns", "agents", "usage_rollup", "event_rollup"])
    expect([table, without(after[table]!, "owner_rank", "path", "offset")]).toEqual([
      table,
      without(before[table]!, "owner_rank", "path", "offset"),
    ]);
});

test("M02 different responses of the same minutes are both counted", async () => {
  using here = await machine((home) => put(home, "S1", answer(1, "2026-11-01T10:00:00.000Z")));
  using there = await machine((home) => put(home, "S2", answer(2, "2026-11-01T10:00:00.000Z")));
  expect(await importInto(here, ...archiveOf(there))).toMatchObject({ requests: 1, known: 0 });
  expect(totals(here)).toMatchObject({ requests: 2, output: 3 });
  expect(here.read(countRollupDifferences)).toBe(0);
});

test("M03 an export, imported twice, changes nothing the second time", async () => {
  using there = await machine((home) => putCorpus(home.path, home.data));
  using here = tempHome();
  const file = join(here.path, "export.ndjson");
  expect((await cli(there, "export", "--out", file)).code).toBe(0);
  const first = await importInto(here, file);
  const before = here.read(dump);
  expect(totals(here)).toEqual(totals(there));
  expect(first.events).toBe(
    one<{ n: number }>(there, `select count(*) as n from events where ${FROM_FILES}`).n,
  );
  const sums =
    "select sum(requests) as n, sum(output_tokens) as output, sum(cost_nano_usd) as cost, sum(unpriced_requests) as unpriced from usage_rollup";
  expect(one(here, sums)).toEqual(one(there, sums));
  expect(all(here, "select tool_use_id, summary from tool_calls order by 1")).toMatchObject([
    { tool_use_id: "h1", summary: "echo h1" },
    { tool_use_id: "h2" },
    { tool_use_id: "h3" },
  ]);
  expect(all(here, "select 1 from sessions where started_unix_ms is null")).toEqual([]);
  const again = await importInto(here, file);
  expect(again).toMatchObject({ requests: 0, events: 0 });
  expect(again.known).toBe(first.events + first.requests);
  expect(here.read(dump)).toEqual(before);
});

test("M03 the archive of another machine, sealed or not, brings everything but its paths, once", async () => {
  using there = await machine((home) => putCorpus(home.path, home.data));
  using here = tempHome();
  const paths = archiveOf(there).map((path) => {
    const packed = join(here.path, `${basename(path)}.zst`);
    writeFileSync(packed, zstdCompressSync(readFileSync(path)));
    return packed;
  });
  await importInto(here, ...paths);
  const was = there.read(dump);
  const is = here.read(dump);
  for (const table of [
    "requests",
    "events",
    "tool_calls",
    "turns",
    "agents",
    "copies",
    "samples",
    "usage_rollup",
  ])
    expect([table, without(fromFiles(is[table]!), "path", "offset", "sample_pk", "seq")]).toEqual([
      table,
      without(fromFiles(was[table]!), "path", "offset", "sample_pk", "seq"),
    ]);
  expect(without(is.sessions!, "transcript_path")).toEqual(without(was.sessions!, "transcript_path"));
  expect(is.sessions!.every((s) => s.transcript_path === null)).toBe(true);
  expect(new Set(is.requests!.map((r) => r.path))).toEqual(new Set(paths));
  expect(await importInto(here, ...paths)).toMatchObject({ requests: 0, events: 0, samples: 0 });
  expect(here.read(dump)).toEqual(is);
  // The imported file is none that could be read, or missed, as a source.
  renameSync(paths[0]!, `${paths[0]}.gone`);
  expect((await cli(here, "backfill", "--quiet")).code).toBe(0);
  expect(here.read(dump).requests).toEqual(is.requests!);
});

test("M04 of two machines' readings of one account the latest is the limit, never a sum", async () => {
  const at = (iso: string, used_percent: number) => (home: Home) => {
    const thread = `0199a0c0-0000-7000-8000-0000000000${used_percent}`;
    const lines = rollout("x")
      .at(iso)
      .meta(thread)
      .turn("t1", "gpt-5.5-codex")
      .event("token_count", {
        info: { total_token_usage: usage(100), last_token_usage: usage(100) },
        rate_limits: { primary: { used_percent, window_minutes: 300, resets_at: 1_793_600_000 } },
      });
    writeFileSync(
      home.at(`.codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-${thread}.jsonl`),
      lines.bytes(),
    );
  };
  using here = await machine(at("2026-11-01T10:00:00.000Z", 40));
  using there = await machine(at("2026-11-01T10:30:00.000Z", 25));
  const latest = (home: Home) =>
    home.read((db) =>
      limitQueries(db)
        .latest(Date.parse("2026-11-01T12:00:00Z"))
        .map((row) => row.used_percent),
    );
  expect(latest(here)).toEqual([40]);
  expect(await importInto(here, ...archiveOf(there))).toMatchObject({ samples: 1 });
  expect(latest(here)).toEqual([25]);
  expect(all(here, "select 1 from rate_limit_samples")).toHaveLength(2);
});

test("M05 a machine with a wrong clock moves no day of the other's", async () => {
  using here = await machine((home) => put(home, "S1", answer(1, "2026-11-01T10:00:00.000Z")));
  using there = await machine((home) => put(home, "S2", answer(2, "2031-03-07T23:59:59.999Z")));
  const days = "select time_unix_ms, request_key from requests order by request_key";
  const mine = all(here, days);
  await importInto(here, ...archiveOf(there));
  expect(all(here, days)).toEqual([...mine, ...all(there, days)]);
  expect(one(here, "select started_unix_ms as at from sessions where source_session_id = 'S1'")).toEqual({
    at: Date.parse("2026-11-01T10:00:00.000Z"),
  });
});

test("F036 what is no export is refused, what is damaged is reported and its neighbours are taken", async () => {
  using here = await machine((home) =>
    appendRecords(home.data, [
      spoolRecord("e-1", toolStarted("s1", "t1")),
      spoolRecord("e-2", toolStarted("s1", "t2")),
    ]),
  );
  using fresh = tempHome();
  const [path] = archiveOf(here);
  const wrong = join(here.path, "wrong.csv");
  writeFileSync(wrong, "a,b\n1,2\n");
  expect((await cli(fresh, "import", wrong)).code).toBe(64);
  expect((await cli(fresh, "import")).code).toBe(64);
  expect((await cli(fresh, "import", join(here.path, "none"))).code).toBe(69);
  const text = readFileSync(path!, "utf8");
  writeFileSync(wrong, `${text.replace('"seq":1', '"seq":oops')}{"kind":"event","seq":9}\n`);
  const { code, stderr } = await cli(fresh, "import", wrong);
  expect([code, stderr]).toEqual([0, expect.stringContaining("2 lines skipped")]);
  expect(all(fresh, "select event_id from events")).toEqual([{ event_id: "e-2" }]);
  rmSync(wrong);
});
