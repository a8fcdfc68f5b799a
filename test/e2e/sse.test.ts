import { expect, test } from "bun:test";
import type { Problem } from "../../schema/errors.ts";
import type { FeedEvent } from "../../schema/events.ts";
import { openStream } from "../viewer/sse.ts";
import { within } from "../within.ts";
import { all, type Home, startDaemon, tempHome, until } from "./daemon.ts";
import { appendRecords, spoolRecord, toolStarted } from "./records.ts";

const CLIENT = Bun.fileURLToPath(new URL("./stream-client.ts", import.meta.url));
const EVENTS = 2000;
const KILLS = 8;

type Seen = { id: number; data: FeedEvent };

/** Whole frames only: what a kill cut off never reached the reader. */
function framesOf(text: string): Seen[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .filter((frame) => frame.includes("event: metric\n"))
    .map((frame) => ({
      id: Number(/^id: (\d+)$/m.exec(frame)![1]),
      data: JSON.parse(/^data: (.*)$/m.exec(frame)![1]!) as FeedEvent,
    }));
}

/** Reads with a process of its own and kills it, mid-frame or not, once it has `enough`. */
async function readAndKill(url: string, lastEventId: number, enough: number): Promise<Seen[]> {
  const child = Bun.spawn([process.execPath, CLIENT, url, String(lastEventId)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of child.stdout) {
    text += decoder.decode(bytes, { stream: true });
    if (framesOf(text).length >= enough) break;
  }
  child.kill("SIGKILL");
  await child.exited;
  return framesOf(text);
}

async function write(home: Home): Promise<void> {
  for (let from = 0; from < EVENTS; from += 50) {
    const ids = Array.from({ length: 50 }, (_, i) => `toolu_${from + i}`);
    appendRecords(
      home.data,
      ids.map((id) => spoolRecord(`e-${id}`, toolStarted("s1", id))),
    );
    await Bun.sleep(25);
  }
}

test.concurrent("A06 B-27 a client that is killed nine times over gets each of 2,000 events once and in order", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const url = `${daemon.url}/events?event_type=tool_started`;
  const writing = write(home);
  await until("the first event is stored", () => all(home, "select 1 from events limit 1").length === 1);
  const seen: Seen[] = [];
  for (let kill = 0; kill <= KILLS; kill++) {
    const rest = EVENTS - seen.length;
    const enough = kill === KILLS ? rest : Math.ceil(rest / (KILLS + 1 - kill));
    seen.push(...(await readAndKill(url, seen.at(-1)?.id ?? 0, enough)));
  }
  await writing;
  expect(seen.map((s) => s.data.tool_use_id)).toEqual(Array.from({ length: EVENTS }, (_, i) => `toolu_${i}`));
  const stored = all<{ seq: number }>(
    home,
    "select seq from events where event_type = 'tool_started' order by seq",
  );
  expect(seen.map((s) => s.id)).toEqual(stored.map((row) => row.seq));
  const closed = async () => (await daemon.status()).counters.sse_clients === 0;
  await until("no killed client is still served", closed);
});

test.concurrent("A06 a stream outlives a restart of the daemon: the new one resumes where the old one was killed", async () => {
  using home = tempHome();
  const first = await startDaemon(home);
  const ids = Array.from({ length: 40 }, (_, i) => `toolu_${i}`);
  const put = (some: string[]) =>
    appendRecords(
      home.data,
      some.map((id) => spoolRecord(`e-${id}`, toolStarted("s1", id))),
    );
  const stream = await openStream(`${first.url}/events?event_type=tool_started`);
  put(ids.slice(0, 20));
  const before = await stream.take(10);
  stream.close();
  await first.kill9();
  put(ids.slice(20));
  await using second = await startDaemon(home);
  const resumed = await openStream(`${second.url}/events?event_type=tool_started`, {
    "Last-Event-ID": String(before.at(-1)!.id),
  });
  const after = await resumed.take(30);
  resumed.close();
  expect([...before, ...after].map((f) => f.data.tool_use_id)).toEqual(ids);
});

test.concurrent("EC005 T15 the stream above HALL_SSE_MAX gets 429 with Retry-After, and those that are open go on", async () => {
  using home = tempHome({ HALL_SSE_MAX: "3" });
  await using daemon = await startDaemon(home);
  const url = `${daemon.url}/events`;
  const open = await Promise.all([1, 2, 3].map(() => openStream(url)));
  const refused = await fetch(url);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await refused.json()) as Problem).toMatchObject({ code: "too_many_streams", status: 429 });
  await home.fire("Stop", { session_id: "s1", hook_event_name: "Stop" });
  for (const stream of open) expect((await stream.take(1))[0]).toMatchObject({ id: 1 });
  for (const stream of open) stream.close();
  const isFree = async () => {
    const again = await openStream(url);
    again.close();
    return again.response.status === 200;
  };
  await until("a place is free", isFree);
});

test.concurrent("A06 a quiet stream shows that it lives within 15 s", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  await within(15_500, async () => {
    const stream = await openStream(`${daemon.url}/events`);
    const opened = await stream.next();
    const beat = await stream.next();
    stream.close();
    expect([opened?.event, beat?.event]).toEqual(["heartbeat", "heartbeat"]);
    const times = [opened, beat].map((f) => f!.data.time_unix_ms as number);
    return times[1]! - times[0]!;
  });
});
