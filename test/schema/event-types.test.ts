import { describe, expect, test } from "bun:test";
import { createEvent, type EventOf } from "../../schema/event.ts";
import { EVENT_TYPE_NAMES, EVENTS } from "../../schema/event-catalogue.ts";
import { FeedEvent, MetricEvent } from "../../schema/events.ts";
import { openApi } from "../../schema/openapi.ts";
import { describeEvent } from "../../viewer/event-labels.ts";

const BASE = {
  event_id: "e1",
  source: "claude",
  origin: "hook",
  session_id: "s1",
  time_unix_ms: 1,
} as const;

describe("F001.A3 what a type does not declare cannot be written or read", () => {
  test("F001 a field of another type, or of another kind, is an error of the compiler and of the schema", () => {
    const limit = { account: "a", limit_id: "l", window: "5h", window_minutes: 300, resets_at_unix_ms: null };
    // @ts-expect-error
    const wrong = createEvent("rate_limit", BASE, { ...limit, used_percent: "5" });
    // @ts-expect-error
    const missing = createEvent("rate_limit", BASE, limit);
    for (const event of [wrong, missing]) expect(MetricEvent.safeParse(event).success).toBe(false);
    // @ts-expect-error
    createEvent("session_ended", BASE, { end_reason: "exit" });
  });

  test("F001 a guess at a field's name is an error of the compiler", () => {
    const read = ({ data }: EventOf<"session_ended">) =>
      // @ts-expect-error
      data.end_reason ?? data.reason;
    expect(read(createEvent("session_ended", BASE, { reason: "exit" }) as EventOf<"session_ended">)).toBe(
      "exit",
    );
  });

  test("F001 a type that is not in the catalogue", () => {
    // @ts-expect-error
    expect(createEvent("tool_begun", BASE, {}).event_category).toBeUndefined();
  });

  test("F001 a category comes with its type, and no other fits", () => {
    const event = createEvent("tool_failed", BASE, { error: "exit 1" });
    expect(event.event_category).toBe("tool");
    expect(MetricEvent.safeParse({ ...event, event_category: "api" }).success).toBe(false);
  });

  test("F001 one description serves page and terminal, also for a type of a newer daemon", () => {
    expect(describeEvent(createEvent("session_ended", BASE, { reason: "exit" }))).toEqual({
      tone: "quiet",
      verb: "Session ended",
      detail: "exit",
    });
    // @ts-expect-error
    expect(describeEvent({ event_type: "brand_new", data: {} }).detail).toBe("brand_new");
  });
});

describe("F001.A4 API and streams describe each type with its fields", () => {
  type Schema = { oneOf?: { $ref: string }[]; properties?: Record<string, Schema>; const?: string };
  const document = openApi("1") as {
    paths: Record<string, Record<string, unknown>>;
    components: { schemas: Record<string, Schema> };
  };
  const { schemas } = document.components;

  test("F001 the event of the document is one of the types, each with the fields of its data", () => {
    const refs = schemas.Event!.oneOf!.map(({ $ref }) => $ref.replace("#/components/schemas/", ""));
    expect(refs.map((name) => schemas[name]!.properties!.event_type!.const!)).toEqual(EVENT_TYPE_NAMES);
    for (const name of refs) {
      const { event_type, data } = schemas[name]!.properties!;
      const declared = Object.keys(data!.properties!);
      expect(declared.length).toBeGreaterThan(0);
      expect(EVENTS[event_type!.const as keyof typeof EVENTS]).toBeDefined();
    }
    expect(Object.keys(schemas.AlertFiredEvent!.properties!.data!.properties!)).toContain("threshold");
  });

  test("F001 routes and streams refer to it, and every reference leads somewhere", () => {
    const text = JSON.stringify(document);
    const refs = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map((m) => m[1]!));
    expect([...refs].filter((ref) => !schemas[ref.replace("#/components/schemas/", "")])).toEqual([]);
    for (const path of ["/api/metrics", "/events", "/events/plans"])
      expect(JSON.stringify(document.paths[path])).toContain('"$ref":"#/components/schemas/Event"');
    expect(text).not.toContain("$defs");
  });

  test("F001 an event of the feed keeps what its type does not declare", () => {
    const event = { ...createEvent("hook_other", BASE, {}), seq: 1, session_key: "claude:s1" };
    const newer = { ...event, data: { hook_event_name: "New", further: { a: 1 } } };
    expect(FeedEvent.parse(newer) as unknown).toEqual(newer);
  });
});
