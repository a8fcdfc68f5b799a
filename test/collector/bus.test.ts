import { describe, expect, test } from "bun:test";
import { createBus } from "../../collector/bus.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";

describe("the bus", () => {
  test("F005.A1 a listener hears what is published until it leaves", () => {
    const bus = createBus();
    const heard: number[] = [];
    const leave = bus.subscribe("committed", ({ seq }) => void heard.push(seq));
    bus.publish("committed", { seq: 1 });
    leave();
    bus.publish("committed", { seq: 2 });
    expect(heard).toEqual([1]);
    // @ts-expect-error a topic that nobody defined does not compile
    bus.subscribe("metric:collected", () => {});
  });

  test("F005.A2 nothing is published before it is committed", async () => {
    const w = createWorld();
    const seen: { seq: number; stored: number }[] = [];
    w.pipeline.bus.subscribe("committed", ({ seq }) => {
      const { stored } = w.one<{ stored: number }>("select max(seq) as stored from requests");
      seen.push({ seq, stored });
    });
    w.write(
      transcript("S1"),
      jsonl(assistant(), assistant({ requestId: "req_01B", message: { id: "msg_01B" } })),
    );
    await w.read();
    await w.read();
    expect(seen).toEqual([{ seq: 2, stored: 2 }]);
    w.close();
  });
});
