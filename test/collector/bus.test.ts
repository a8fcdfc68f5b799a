import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createBus } from "../../collector/bus.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";

describe("the bus", () => {
  test("F005.A1 a listener hears what is published until it leaves", () => {
    const bus = createBus();
    const received: number[] = [];
    const leave = bus.subscribe("committed", ({ seq }) => void received.push(seq));
    bus.publish("committed", { seq: 1 });
    leave();
    bus.publish("committed", { seq: 2 });
    expect(received).toEqual([1]);
    // @ts-expect-error a topic without a definition does not compile
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

describe("the MetricsCollector", () => {
  test("F005.A3 readings of limits, problems and their end are published, each once", async () => {
    const w = createWorld();
    const { bus } = w.pipeline;
    const received: string[] = [];
    bus.subscribe("limit", () => void received.push("limit"));
    bus.subscribe("problem", ({ key, problem }) => void received.push(`${key}: ${problem?.code ?? "over"}`));
    bus.telemetry.raise("disk", { code: "disk_full", detail: "no space" });
    bus.telemetry.raise("disk", { code: "disk_full", detail: "no space" });
    bus.telemetry.clear("disk");
    bus.telemetry.clear("disk");
    expect(received).toEqual(["disk: disk_full", "disk: over"]);
    const count = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
    const line = (type: string, payload: object) => ({ timestamp: "2026-01-01T00:00:00Z", type, payload });
    w.write(
      ".codex/sessions/rollout-2026-01-01T00-00-00-01990000-0000-7000-8000-000000000001.jsonl",
      jsonl(
        line("session_meta", { id: "01990000-0000-7000-8000-000000000001" }),
        line("event_msg", {
          type: "token_count",
          info: { total_token_usage: count, last_token_usage: count },
          rate_limits: { primary: { used_percent: 5, window_minutes: 300 } },
        }),
      ),
    );
    await w.read();
    // A reading of long ago is no event, and yet it was stored.
    expect(w.all("select 1 from rate_limit_samples").length).toBe(1);
    expect(received.at(-1)).toBe("limit");
    w.close();
  });

  test("F005.A4 every topic has one who publishes and one who listens", () => {
    const source = ["collector", "cli", "viewer"]
      .flatMap((room) => [
        ...new Bun.Glob(`${room}/**/*.ts`).scanSync({ cwd: join(import.meta.dir, "../..") }),
      ])
      .map((path) => readFileSync(join(import.meta.dir, "../..", path), "utf8"))
      .join("\n");
    const declared = /export type Messages = \{([\s\S]*?)\n\};/.exec(source)![1]!;
    const topics = [...declared.matchAll(/^ {2}(\w+):/gm)].map((m) => m[1]!);
    expect(topics.length).toBeGreaterThan(4);
    const used = (call: string, topic: string) => new RegExp(`${call}\\("${topic}"`).test(source);
    const lists = [...source.matchAll(/\["committed", ([\w", ]+)\] as const/g)].flatMap(
      (m) => m[1]!.match(/\w+/g) ?? [],
    );
    for (const topic of topics) {
      expect([topic, used("publish", topic)]).toEqual([topic, true]);
      expect([topic, used("subscribe", topic) || lists.includes(topic)]).toEqual([topic, true]);
    }
  });
});
