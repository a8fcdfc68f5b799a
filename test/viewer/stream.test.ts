import { describe, expect, test } from "bun:test";
import { startViewer, type Viewer } from "./rig.ts";
import { openStream } from "./sse.ts";

const ids = (frames: { id: number }[]) => frames.map((f) => f.id);
const range = (from: number, until: number) => Array.from({ length: until - from + 1 }, (_, i) => from + i);

function add(viewer: Viewer, count: number, over = {}): number[] {
  const seqs: number[] = [];
  viewer.commit((r) => {
    for (let i = 0; i < count; i++)
      seqs.push(i % 3 === 0 ? r.event(viewer.ids.one, over) : r.request(viewer.ids.one));
  });
  return seqs;
}

/** Waits for a condition that the server reaches by itself. */
async function until(isTrue: () => boolean | Promise<boolean>, ms = 90_000): Promise<void> {
  for (const end = Date.now() + ms; !(await isTrue()); await Bun.sleep(10))
    if (Date.now() > end) throw new Error("not reached");
}
const clients = async (viewer: Viewer) =>
  (await (await viewer.get("/api/status")).json()).data.counters.sse_clients as number;

describe("A06 a stream", () => {
  test("F023.A1 A06 starts now and gives every committed event once, in order, with its seq as id", async () => {
    await using viewer = await startViewer();
    const last = viewer.rows.lastSeq();
    const stream = await openStream(`${viewer.url}/events`);
    expect(stream.response.headers.get("content-type")).toStartWith("text/event-stream");
    const first = await stream.next();
    expect([first?.event, first?.id]).toEqual(["heartbeat", last]);
    const seqs = [...add(viewer, 5), ...add(viewer, 600), ...add(viewer, 1)];
    const frames = await stream.take(606);
    expect(ids(frames)).toEqual(seqs);
    expect(frames.every((f) => f.event === "metric" && f.data.seq === f.id)).toBe(true);
    expect(new Set(frames.map((f) => f.data.event_type))).toEqual(new Set(["notification", "api_response"]));
    stream.close();
  });

  test("F023.A2 A06 resumes behind Last-Event-ID with each missed event exactly once", async () => {
    await using viewer = await startViewer();
    const start = viewer.rows.lastSeq();
    const first = await openStream(`${viewer.url}/events`);
    await first.next();
    add(viewer, 40);
    const seen = ids(await first.take(17));
    first.close();
    add(viewer, 700);
    const again = await openStream(`${viewer.url}/events`, { "Last-Event-ID": String(seen.at(-1)) });
    const rest = again.take(723 + 10);
    add(viewer, 10);
    expect([...seen, ...ids(await rest)]).toEqual(range(start + 1, start + 750));
    again.close();
    const byParameter = await openStream(`${viewer.url}/events?last_event_id=${start}`);
    expect(ids(await byParameter.take(750))).toEqual(range(start + 1, start + 750));
    byParameter.close();
  });

  test("F023.A3 A06 answers an id it never gave, or no longer has, with reset and goes on from now", async () => {
    await using viewer = await startViewer();
    for (const id of ["999999", "no-number"]) {
      const stream = await openStream(`${viewer.url}/events`, { "Last-Event-ID": id });
      const reset = await stream.next();
      expect([reset?.event, reset?.id, reset?.data.reason]).toEqual([
        "reset",
        viewer.rows.lastSeq(),
        "unknown_id",
      ]);
      const [seq] = add(viewer, 1);
      expect(ids(await stream.take(1))).toEqual([seq!]);
      stream.close();
    }
    viewer.db.run("delete from events where seq < 6");
    viewer.db.run("delete from requests where seq < 6");
    const old = await openStream(`${viewer.url}/events`, { "Last-Event-ID": "2" });
    expect((await old.next())?.data.reason).toBe("too_old");
    old.close();
    const edge = await openStream(`${viewer.url}/events`, { "Last-Event-ID": "5" });
    expect((await edge.take(1))[0]).toMatchObject({ id: 6, event: "metric" });
    edge.close();
  });

  test("A06 shows that it lives while nothing happens, and outlives the server's idle timeout", async () => {
    await using viewer = await startViewer({ heartbeat_ms: 1500, idleTimeout: 1 });
    const stream = await openStream(`${viewer.url}/events`);
    const beats = await stream.take(4, (f) => f.event === "heartbeat");
    expect(beats.length).toBe(4);
    const [seq] = add(viewer, 1);
    expect(ids(await stream.take(1))).toEqual([seq!]);
    stream.close();
  });

  test("A06 sends heartbeats also while only unwanted events arrive", async () => {
    await using viewer = await startViewer({ heartbeat_ms: 60 });
    const stream = await openStream(`${viewer.url}/events?tool_name=Nope`);
    const noise = setInterval(() => add(viewer, 2), 10);
    const frames = await stream.take(4, () => true);
    clearInterval(noise);
    expect(frames.map((f) => f.event)).toEqual(["heartbeat", "heartbeat", "heartbeat", "heartbeat"]);
    // The id moves on over what was not wanted, so a reconnect does not read it again.
    expect(frames.at(-1)!.id).toBeGreaterThan(frames[0]!.id);
    stream.close();
  });

  test("EC005 A06 T15 is refused with 429 above the limit, and a closed one makes room", async () => {
    await using viewer = await startViewer({ sse_max: 2 });
    const one = await openStream(`${viewer.url}/events`);
    const two = await openStream(`${viewer.url}/events/plans`);
    const third = await viewer.get("/events");
    expect(third.status).toBe(429);
    expect(Number(third.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await clients(viewer)).toBe(2);
    await viewer.get("/events", { method: "HEAD" });
    one.close();
    await until(async () => (await clients(viewer)) === 1);
    const again = await openStream(`${viewer.url}/events`);
    expect(again.response.status).toBe(200);
    again.close();
    two.close();
    await until(async () => (await clients(viewer)) === 0);
  });
});

test("F023 streams carry their own kind, and filters choose among it", async () => {
  await using viewer = await startViewer();
  const { two, codex } = viewer.ids;
  const from = viewer.rows.lastSeq();
  viewer.commit((r) => {
    r.event(two, { event_type: "plan_created", source: "plan", origin: "manifest" });
    r.event(codex, { event_type: "rate_limit", source: "codex", origin: "rollout" });
    r.event(two, { event_type: "tool_failed", tool_name: "Write" });
    r.event(two, { event_type: "tool_completed", tool_name: "Bash" });
    r.request(codex, { source: "codex" });
  });
  const got = async (path: string, count: number) => {
    const stream = await openStream(
      `${viewer.url}${path}${path.includes("?") ? "&" : "?"}last_event_id=${from}`,
    );
    // A later event of every kind ends the wait, so a frame too many is seen as well as one too few.
    const frames = await stream.take(count);
    stream.close();
    return frames.map((f) => `${f.id - from} ${f.event}`);
  };
  expect(await got("/events", 5)).toEqual(["1 plan", "2 rate_limit", "3 metric", "4 metric", "5 metric"]);
  viewer.commit((r) => {
    r.event(two, { event_type: "plan_optimized", source: "plan", origin: "manifest", tool_name: "Write" });
    r.event(codex, { event_type: "rate_limit", source: "codex", origin: "rollout" });
    r.event(codex, { event_type: "tool_failed", source: "codex", tool_name: "Write" });
  });
  expect(await got("/events/metrics", 4)).toEqual(["3 metric", "4 metric", "5 metric", "8 metric"]);
  expect(await got("/events/plans", 2)).toEqual(["1 plan", "6 plan"]);
  expect(await got("/events/limits", 2)).toEqual(["2 rate_limit", "7 rate_limit"]);
  expect(await got("/events?tool_name=Write", 3)).toEqual(["3 metric", "6 plan", "8 metric"]);
  expect(await got("/events?event_type=tool_failed,tool_completed", 3)).toEqual([
    "3 metric",
    "4 metric",
    "8 metric",
  ]);
  expect(await got("/events?event_category=api", 1)).toEqual(["5 metric"]);
  expect(await got("/events?source=codex", 4)).toEqual([
    "2 rate_limit",
    "5 metric",
    "7 rate_limit",
    "8 metric",
  ]);
  expect(await got("/events?session_id=codex:abc-1", 4)).toEqual([
    "2 rate_limit",
    "5 metric",
    "7 rate_limit",
    "8 metric",
  ]);
  expect(await got("/events?session_id=def-2&event_type=tool_completed", 1)).toEqual(["4 metric"]);
});

test("F023.A4 T16 a client that reads nothing costs no memory, delays no other and is dropped", async () => {
  await using viewer = await startViewer({ stall_ms: 1500 });
  const stuck: { end(): void; resume(): void }[] = [];
  const closed = { count: 0 };
  for (let i = 0; i < 8; i++)
    stuck.push(
      await Bun.connect({
        hostname: "127.0.0.1",
        port: viewer.port,
        socket: {
          open(socket) {
            socket.write(`GET /events?last_event_id=0 HTTP/1.1\r\nHost: localhost:${viewer.port}\r\n\r\n`);
            socket.pause();
          },
          data() {},
          close: () => void closed.count++,
        },
      }),
    );
  await until(async () => (await clients(viewer)) === 8);
  const reader = await openStream(`${viewer.url}/events`);
  await reader.next();
  Bun.gc(true);
  const before = process.memoryUsage().rss;
  const data = JSON.stringify({ text: "x".repeat(8_000) });
  const rounds = 30;
  let last = 0;
  for (let i = 0; i < rounds; i++) last = add(viewer, 500, { data }).at(-1)!;
  let seen = 0;
  while (seen < last) seen = (await reader.next())?.id ?? Number.POSITIVE_INFINITY;
  expect(seen).toBe(last);
  await until(async () => (await clients(viewer)) === 1);
  Bun.gc(true);
  // Garbage of the allocator's own is no backlog: what the eight did not take would be three times as much.
  const untaken = stuck.length * rounds * 500 * data.length;
  expect(process.memoryUsage().rss - before).toBeLessThan(untaken / 3);
  reader.close();
  for (const socket of stuck) socket.resume();
  await until(() => closed.count === 8);
});
