import { expect, test } from "bun:test";
import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Answer } from "../../schema/api-types.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { openStream } from "../viewer/sse.ts";
import { within } from "../within.ts";
import { all, type Daemon, type Home, isSettled, one, ROOT, startDaemon, tempHome, until } from "./daemon.ts";

const CLAUDE = join(ROOT, "test/fixtures/claude");
const TOUR = "04b6936d-2ad0-4114-a054-5437cfaa1454";
const AGENT = "ab6a5ac46c6101b9e";
const FOLDER = ".claude/projects/-home-dev-shop";

type Served = { session_id: string; answered: number; message_id: string; usage: Record<string, number> };

/** Lines of a recorded file, newline included. */
function linesOf(path: string): string[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => `${line}\n`);
}

function served(): Served[] {
  return linesOf(join(CLAUDE, "truth/329-requests.jsonl"))
    .map((line) => JSON.parse(line) as Served)
    .filter((r) => r.session_id === TOUR && r.answered === 200);
}

const tokens = (rows: Served[]) =>
  rows.reduce(
    (sum, { usage: u }) =>
      sum + u.input_tokens! + u.cache_creation_input_tokens! + u.cache_read_input_tokens! + u.output_tokens!,
    0,
  );

/** Every response of the stream until `count` different ones were seen. */
async function responses(
  stream: Awaited<ReturnType<typeof openStream>>,
  count: number,
): Promise<FeedEvent[]> {
  const seen: FeedEvent[] = [];
  while (seen.length < count) {
    const frame = await stream.next();
    if (!frame) throw new Error(`the stream ended after ${seen.length} responses`);
    const event = frame.data as FeedEvent;
    // Until the sub-agent's file is there, the client's own total is ahead of what files show.
    if (event.event_type === "api_response" && !event.event_id.includes(":hidden:")) seen.push(event);
  }
  return seen;
}

async function grow(home: Home): Promise<void> {
  const source = join(CLAUDE, "transcripts/2.1.329/projects/-home-dev-shop");
  const main = home.at(`${FOLDER}/${TOUR}.jsonl`);
  for (const line of linesOf(join(source, `${TOUR}.jsonl`))) {
    // As a client may be seen in the middle of a write: half a line, then the rest of it.
    appendFileSync(main, line.slice(0, 40));
    await Bun.sleep(2);
    appendFileSync(main, line.slice(40));
  }
  const agent = `${TOUR}/subagents/agent-${AGENT}`;
  for (const name of [`${agent}.meta.json`, `${agent}.jsonl`])
    appendFileSync(home.at(`${FOLDER}/${name}`), readFileSync(join(source, name)));
}

test("F025.A2 a transcript that grows is seen in the stream and in the totals of the API", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const stream = await openStream(`${daemon.url}/events`);
  const truth = served();
  const [seen] = await Promise.all([responses(stream, truth.length), grow(home)]);
  stream.close();
  expect(seen.map((e) => e.event_id).sort()).toEqual(truth.map((r) => `claude:${r.message_id}`).sort());

  await until("nothing is left to be worked out", () => isSettled(home));
  const costs = await daemon.get<Answer<"GET /api/costs">["data"]>(
    `/api/metrics/costs?session_id=${TOUR}&start_time=2026-11-20&end_time=2026-11-20`,
  );
  expect(costs.total).toMatchObject({ requests: truth.length, total_tokens: tokens(truth) });
  expect(costs.total.coverage).toMatchObject({ cost_complete: true, unpriced_tokens: 0 });
  expect(costs.total.cost_nano_usd).toBe(
    one<{ cost: number }>(home, "select sum(cost_nano_usd) as cost from requests").cost,
  );
  expect(costs.total.cost_nano_usd).toBeGreaterThan(0);
  await checkSession(home, daemon);
  expect((await daemon.status()).counters.rejects).toBe(0);
});

async function checkSession(home: Home, daemon: Daemon): Promise<void> {
  const session = await daemon.get<Answer<"GET /api/sessions/:id">["data"]>(`/api/sessions/${TOUR}`);
  const agents = served().length - session.main.requests;
  expect(session.agent_list).toMatchObject([{ agent_id: AGENT, totals: { requests: agents } }]);
  expect(agents).toBe(3);
  const calls = all<{ outcome: string; agent_id: string }>(home, "select outcome, agent_id from tool_calls");
  expect(calls.length).toBe(session.tool_calls);
  expect(calls.filter((c) => c.outcome === "running")).toEqual([]);
  expect(calls.filter((c) => c.outcome === "failed").length).toBe(session.failed_tool_calls);
  expect(calls.filter((c) => c.agent_id === AGENT).length).toBe(session.agent_list[0]!.tool_calls);
}

test("B-26 a rollout that grows is seen in the stream within 2.5 s and in the totals", async () => {
  await within(2500, async () => {
    using home = tempHome();
    await using daemon = await startDaemon(home);
    const name = "sessions/2026/11/20/rollout-2026-11-20T17-51-57-01a1fa16-228d-7c00-b24a-14c635de372a.jsonl";
    const lines = linesOf(join(ROOT, "test/fixtures/codex/home", name));
    const usage = lines.findLastIndex((line) => line.includes('"token_usage'));
    const path = home.at(`.codex/${name}`);
    const stream = await openStream(`${daemon.url}/events?source=codex`);
    appendFileSync(path, lines.slice(0, usage).join(""));
    const offset = () =>
      all<{ offset: number }>(home, "select offset from files where path = ?", path)[0]?.offset;
    await until("the first part is read", () => offset() === statSync(path).size);
    await until("it is watched", async () => (await daemon.status()).watch.files === 1);
    const before = one<{ n: number }>(home, "select count(*) as n from requests").n;
    await responses(stream, before);
    const wrote = performance.now();
    appendFileSync(path, lines.slice(usage).join(""));
    await responses(stream, 1);
    const ms = performance.now() - wrote;
    stream.close();
    const costs = await daemon.get<Answer<"GET /api/costs">["data"]>(
      "/api/costs?source=codex&start_time=2026-11-20&end_time=2026-11-20",
    );
    expect(costs.total.total_tokens).toBe(37_580);
    expect((await daemon.status()).counters.rejects).toBe(0);
    return ms;
  });
});
