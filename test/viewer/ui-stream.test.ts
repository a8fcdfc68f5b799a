import { expect, test } from "bun:test";
import type { SessionActivity } from "../../schema/activity.ts";
import type { FeedEvent } from "../../schema/events.ts";
import type { StreamListener } from "../../viewer/ui/stream/connection.ts";
import { createHub } from "../../viewer/ui/stream/hub.ts";
import type { FromHub } from "../../viewer/ui/stream/messages.ts";

const event = (seq: number) => ({ seq }) as FeedEvent;

/** A hub with the far end of its stream in hand, and tabs on real message ports. */
function createRig() {
  const opened: { after: number; listener: StreamListener; isClosed: boolean }[] = [];
  const hub = createHub((after, listener) => {
    const one = { after, listener, isClosed: false };
    opened.push(one);
    return {
      hurry() {},
      close() {
        one.isClosed = true;
      },
    };
  });
  const channels: MessageChannel[] = [];
  function tab() {
    const channel = new MessageChannel();
    channels.push(channel);
    const got: FromHub[] = [];
    const waiting = new Set<() => void>();
    channel.port2.onmessage = ({ data }: MessageEvent<FromHub>) => {
      got.push(data);
      for (const wake of [...waiting]) wake();
    };
    return {
      port: channel.port1,
      got,
      seqs: () => got.flatMap((m) => (m.kind === "events" ? [m.events.map((e) => e.seq)] : [])),
      async until(isSo: () => boolean): Promise<void> {
        while (!isSo()) await new Promise<void>((resolve) => waiting.add(resolve));
      },
    };
  }
  return {
    hub,
    opened,
    tab,
    [Symbol.dispose]() {
      for (const { port1, port2 } of channels) {
        port1.close();
        port2.close();
      }
    },
  };
}

test("F023.A5 tabs share one stream, and each gets what lies behind its own number, in batches", async () => {
  using rig = createRig();
  const [one, two] = [rig.tab(), rig.tab()];
  rig.hub.take(one.port, { kind: "follow", after: 10 });
  rig.hub.take(two.port, { kind: "follow", after: 12 });
  expect(rig.opened.map((o) => o.after)).toEqual([10]);
  for (const seq of [11, 12, 13, 14]) rig.opened[0]!.listener.event(event(seq));
  await one.until(() => one.seqs().length > 0);
  await two.until(() => two.seqs().length > 0);
  expect(one.seqs()).toEqual([[11, 12, 13, 14]]);
  expect(two.seqs()).toEqual([[13, 14]]);
  // A third one that comes later is given what it has not seen, without a second stream.
  const three = rig.tab();
  rig.hub.take(three.port, { kind: "follow", after: 11 });
  await three.until(() => three.seqs().length > 0);
  expect(three.seqs()).toEqual([[12, 13, 14]]);
  expect(rig.opened.length).toBe(1);
});

test("F023.A5 a session that is reported twice before a batch is sent has changed, and counts once", async () => {
  using rig = createRig();
  const tab = rig.tab();
  rig.hub.take(tab.port, { kind: "follow", after: 0 });
  const { listener } = rig.opened[0]!;
  const report = (session_key: string) =>
    listener.activity({ session_key, activity: {} as SessionActivity["activity"] });
  for (const key of ["one", "two", "one"]) report(key);
  const batches = () =>
    tab.got.flatMap((m) => (m.kind === "events" ? [[m.activities.map((s) => s.session_key), m.again]] : []));
  await tab.until(() => batches().length === 1);
  rig.hub.take(tab.port, { kind: "taken" });
  report("two");
  await tab.until(() => batches().length === 2);
  expect(batches()).toEqual([
    [["one", "two"], ["one"]],
    [["two"], []],
  ]);
});

test("F023.A5 a tab that takes nothing gets no second message; when it does it gets all it missed", async () => {
  using rig = createRig();
  const [frozen, awake] = [rig.tab(), rig.tab()];
  for (const { port } of [frozen, awake]) rig.hub.take(port, { kind: "follow", after: 0 });
  const { listener } = rig.opened[0]!;
  for (let seq = 1; seq <= 3; seq++) {
    listener.event(event(seq));
    await awake.until(() => awake.seqs().flat().includes(seq));
    rig.hub.take(awake.port, { kind: "taken" });
  }
  expect(frozen.seqs()).toEqual([[1]]);
  rig.hub.take(frozen.port, { kind: "taken" });
  await frozen.until(() => frozen.seqs().length === 2);
  expect(frozen.seqs()).toEqual([[1], [2, 3]]);
});

test("F023.A5 a tab that was away for too long, or with a stream that cannot go on, is sent to request everything", async () => {
  using rig = createRig();
  const slow = rig.tab();
  rig.hub.take(slow.port, { kind: "follow", after: 0 });
  const { listener } = rig.opened[0]!;
  listener.event(event(1));
  await slow.until(() => slow.seqs().length === 1);
  for (let seq = 2; seq <= 5000; seq++) listener.event(event(seq));
  rig.hub.take(slow.port, { kind: "taken" });
  await slow.until(() => slow.got.some((m) => m.kind === "reset"));
  // It follows again from its last event.
  rig.hub.take(slow.port, { kind: "follow", after: 5000 });
  listener.event(event(5001));
  await slow.until(() => slow.seqs().length === 2);
  expect(slow.seqs()[1]).toEqual([5001]);
  rig.hub.take(slow.port, { kind: "taken" });
  listener.reset(7000);
  await slow.until(() => slow.got.filter((m) => m.kind === "reset").length === 2);
});

test("F023.A5 the stream is let go with the last tab, and begun again behind what the next one has", () => {
  using rig = createRig();
  const [one, two] = [rig.tab(), rig.tab()];
  rig.hub.take(one.port, { kind: "follow", after: 5 });
  rig.hub.take(two.port, { kind: "follow", after: 5 });
  rig.hub.leave(one.port);
  expect(rig.opened[0]!.isClosed).toBe(false);
  rig.hub.take(two.port, { kind: "leave" });
  expect(rig.opened[0]!.isClosed).toBe(true);
  rig.hub.take(one.port, { kind: "follow", after: 9 });
  expect(rig.opened.map((o) => o.after)).toEqual([5, 9]);
});
