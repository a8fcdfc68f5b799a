import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { countRollupDifferences } from "../../store/rollups.ts";
import { spoolRecords } from "../hooks/fire.ts";
import { openStream } from "../viewer/sse.ts";
import { all, type Daemon, type Home, isSettled, one, startDaemon, tempHome, until } from "./daemon.ts";
import { type Mode, runClaude, runCodex, type Summary } from "./real.ts";

const { HALL_REAL_DIR, CODEX_BIN } = process.env;
const CLIENTS = [
  ["2.1.332", process.env.CLAUDE_BIN_332, "CLAUDE_BIN_332"],
  ["2.1.329", process.env.CLAUDE_BIN_329, "CLAUDE_BIN_329"],
  ["2.1.197", process.env.CLAUDE_BIN_197, "CLAUDE_BIN_197"],
] as const;
const RUN_MS = 120_000;

/** The title names why nothing ran. */
const unless = (isThere: unknown, variable: string) =>
  isThere && HALL_REAL_DIR ? "" : ` (skipped: set ${variable} and HALL_REAL_DIR)`;

/** Every id that the stream gave while `work` ran and until the daemon had no more. */
async function streamed(daemon: Daemon, work: () => Promise<void>): Promise<number[]> {
  const stream = await openStream(`${daemon.url}/events`);
  const ids: number[] = [];
  const reading = (async () => {
    for (let frame = await stream.next(); frame; frame = await stream.next())
      // The state of a session is no event: its frames have no place in the sequence.
      if (frame.event !== "heartbeat" && frame.event !== "session") ids.push(frame.id);
  })().catch(() => {});
  await work();
  const last = (await daemon.status()).last_seq;
  await until("the stream has come as far", () => (ids.at(-1) ?? 0) >= last);
  stream.close();
  await reading;
  return ids;
}

const inputAndOutput = "sum(uncached_input_tokens) as input_tokens, sum(output_tokens) as output_tokens";
const REQUESTS = `select source_session_id as session, count(*) as requests, ${inputAndOutput},
  sum(cache_creation_5m_input_tokens + cache_creation_1h_input_tokens) as cache_creation_input_tokens,
  sum(cache_read_input_tokens) as cache_read_input_tokens
  from requests join sessions using (session_pk) group by 1`;

const sumsOf = (home: Home) =>
  Object.fromEntries(
    all<{ session: string }>(home, REQUESTS).map(({ session, ...sums }) => [session, sums as object]),
  );

/** A response may have several lines, of which the last one has its whole usage: that all are counted is not enough. */
async function untilStored(home: Home, summary: Summary): Promise<void> {
  const hooks = () => one<{ n: number }>(home, "select count(*) as n from events where origin = 'hook'").n;
  await until("all hooks are stored", () => hooks() >= spoolRecords(home.data).length);
  // A call that the client's totals alone show counts for its session until its own file is read.
  const isWhole = () =>
    Bun.deepEquals(sumsOf(home), summary.by_session_header) &&
    one<{ n: number }>(home, "select count(*) as n from requests where agent_id <> ''").n ===
      summary.by_kind.subagent!.requests;
  // What differs is shown by the comparison that follows.
  await until("all responses are stored", isWhole, 30_000).catch(() => {});
}

function checkHooks(home: Home, summary: Summary): void {
  expect(summary.hook_problems_in_transcripts).toEqual([]);
  // Up to 2.1.250 a client refuses the file of the events that it does not know, and only that.
  const problems = summary.hook_load_problems.filter((line) => String(line).includes("Failed to load hooks"));
  const isOld = summary.version.includes("2.1.197");
  expect(problems.filter((line) => !isOld || !String(line).includes("./hooks/newer.json"))).toEqual([]);
  const events = all<{ id: string }>(home, "select event_id as id from events where origin = 'hook'");
  expect(events.map((e) => e.id).sort()).toEqual(
    spoolRecords(home.data)
      .map((r) => r.event_id)
      .sort(),
  );
  const counted = all<{ name: string; n: number }>(
    home,
    "select data ->> 'hook_event_name' as name, count(*) as n from events where origin = 'hook' group by 1",
  );
  const counts = Object.fromEntries(counted.map((c) => [c.name, c.n]));
  const tool_uses = Object.values(summary.tool_uses_asked).reduce((a, b) => a + b, 0);
  expect(counts).toMatchObject({
    SessionStart: 3,
    UserPromptSubmit: 3,
    Stop: 3,
    SessionEnd: 3,
    SubagentStart: summary.tool_uses_asked.Agent,
    SubagentStop: summary.tool_uses_asked.Agent,
    PreToolUse: tool_uses,
  });
  expect(counts.PostToolUse! + counts.PostToolUseFailure!).toBe(tool_uses);
  const calls = all<{ outcome: string; duration_ms: number | null }>(
    home,
    "select outcome, duration_ms from tool_calls",
  );
  expect(calls.length).toBe(tool_uses);
  expect(calls.filter((c) => c.outcome === "failed").length).toBe(counts.PostToolUseFailure!);
  expect(calls.filter((c) => c.outcome === "running" || c.duration_ms === null)).toEqual([]);
}

async function checkRequests(home: Home, daemon: Daemon, summary: Summary): Promise<void> {
  expect(sumsOf(home) as unknown).toEqual(summary.by_session_header);
  const [agent, ...others] = all<{ agent_id: string; session: string; requests: number }>(
    home,
    `select agent_id, source_session_id as session,
      (select count(*) from requests r where r.session_pk = a.session_pk and r.agent_id = a.agent_id) as requests
      from agents a join sessions using (session_pk)`,
  );
  expect(others).toEqual([]);
  expect(agent!.requests).toBe(summary.by_kind.subagent!.requests);
  const session = await daemon.get<{ agent_list: { agent_id: string }[] }>(`/api/sessions/${agent!.session}`);
  expect(session.agent_list.map((a) => a.agent_id)).toEqual([agent!.agent_id]);
  expect(home.read(countRollupDifferences)).toBe(0);
  expect((await daemon.status()).counters).toMatchObject({ rejects: 0, hook_events_lost: 0 });
}

for (const [version, binary, variable] of CLIENTS) {
  for (const mode of ["plugin-dir", "marketplace"] satisfies Mode[])
    test.skipIf(!binary || !HALL_REAL_DIR)(
      `F025.A1 Claude Code ${version}, plugin by ${mode}: all that it did is stored once and was streamed${unless(binary, variable)}`,
      async () => {
        using home = tempHome();
        home.env.CLAUDE_CONFIG_DIR = join(home.path, "out/home/.claude");
        await using daemon = await startDaemon(home);
        let summary: Summary | undefined;
        const ids = await streamed(daemon, async () => {
          summary = await runClaude(home, binary!, mode, "");
          await untilStored(home, summary);
        });
        expect(summary!.version).toContain(version);
        checkHooks(home, summary!);
        await checkRequests(home, daemon, summary!);
        expect(ids).toEqual(ids.map((_, i) => i + 1));
        expect(ids.length).toBe(one<{ n: number }>(home, "select count(*) as n from feed").n);
      },
      RUN_MS,
    );

  test.skipIf(!binary || !HALL_REAL_DIR)(
    `H10 Claude Code ${version} while the daemon is stopped: nothing is missing after its start${unless(binary, variable)}`,
    async () => {
      using home = tempHome();
      home.env.CLAUDE_CONFIG_DIR = join(home.path, "out/home/.claude");
      const summary = await runClaude(home, binary!, "plugin-dir", "HALL_AUTOSTART=false");
      expect(existsSync(join(home.data, "hall.db"))).toBe(false);
      await using daemon = await startDaemon(home);
      // Its own word for "all is read" has to be true of the figures, too.
      await until("history is read", async () => (await daemon.status()).backfill.done && isSettled(home));
      expect(sumsOf(home) as unknown).toEqual(summary.by_session_header);
      await untilStored(home, summary);
      checkHooks(home, summary);
      await checkRequests(home, daemon, summary);
    },
    RUN_MS,
  );
}

test.skipIf(!CODEX_BIN || !HALL_REAL_DIR)(
  `B-26 Codex: its threads show what the backend served${unless(CODEX_BIN, "CODEX_BIN")}`,
  async () => {
    using home = tempHome();
    const out = join(home.path, "codex-out");
    home.env.CODEX_HOME = join(out, "codex-home");
    await using daemon = await startDaemon(home);
    const ids = await streamed(daemon, async () => {
      await runCodex(out, CODEX_BIN!);
      const files = async () => (await daemon.status()).watch.files >= 4;
      await until("its files are found", files);
      await Bun.sleep(4000);
    });
    const expected = JSON.parse(readFileSync(join(out, "expected.json"), "utf8"));
    const sums = `sum(uncached_input_tokens + cache_creation_5m_input_tokens + cache_creation_1h_input_tokens
      + cache_read_input_tokens) as input_tokens, sum(cache_read_input_tokens) as cached_input_tokens,
      sum(output_tokens) as output_tokens, sum(reasoning_output_tokens) as reasoning_output_tokens`;
    const by = (column: string) =>
      Object.fromEntries(
        all<{ key: string }>(
          home,
          `select ${column} as key, ${sums} from requests join sessions using (session_pk) group by 1`,
        ).map(({ key, ...row }) => [key, row]),
      );
    expect(by("source_session_id")).toMatchObject(withoutTotals(expected.per_thread));
    expect(by("model")).toMatchObject(withoutTotals(expected.per_model));
    expect(Object.keys(by("source_session_id")).length).toBe(Object.keys(expected.per_thread).length);
    expect(ids).toEqual(ids.map((_, i) => i + 1));
    expect((await daemon.status()).counters.rejects).toBe(0);
  },
  RUN_MS,
);

function withoutTotals(
  served: Record<string, Record<string, number>>,
): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(served).map(([key, { cache_write_input_tokens: _w, total_tokens: _t, ...rest }]) => [
      key,
      rest,
    ]),
  );
}
