import { afterEach, describe, expect, test } from "bun:test";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLocalApp } from "../../cli/local-app.ts";
import { readExport } from "../../collector/otlp/decode.ts";
import { createIntake } from "../../collector/otlp/intake.ts";
import { openReader } from "../../store/database.ts";
import { countRollupDifferences } from "../../store/rollups.ts";
import { createWorld, type World } from "../world.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/otlp/claude");
const SESSION = "5ab586eb-512c-44da-b338-0b798931f489";
const FIRST_CALL = "toolu_01MOCK000000000000012";
const worlds: World[] = [];
afterEach(() => {
  for (const w of worlds.splice(0)) {
    expect(countRollupDifferences(w.db)).toBe(0);
    w.close();
  }
});

function started(): World {
  const w = createWorld();
  worlds.push(w);
  return w;
}

async function transcripts(w: World): Promise<void> {
  cpSync(join(FIXTURES, "transcripts"), w.path(".claude"), { recursive: true });
  await w.read();
}

async function telemetry(w: World, change: (text: string) => string = (text) => text): Promise<void> {
  const intake = createIntake({ data_dir: w.config.data_dir, max_rps: 1e6 });
  for (const name of readdirSync(join(FIXTURES, "json")).filter((n) => n.includes("logs"))) {
    const body = change(readFileSync(join(FIXTURES, "json", name), "utf8"));
    const read = readExport("logs", "json", Buffer.from(body));
    if (!read.ok) throw new Error(read.detail);
    intake.store(read.value);
  }
  await w.read();
}

/** The recorded bodies, with a person's no to the first call. */
function refused(text: string): string {
  const body = JSON.parse(text);
  for (const { scopeLogs } of body.resourceLogs)
    for (const { logRecords } of scopeLogs)
      for (const { attributes } of logRecords) {
        const of = (key: string) => attributes.find((a: { key: string }) => a.key === key)?.value;
        if (of("event.name")?.stringValue !== "tool_decision") continue;
        if (of("tool_use_id")?.stringValue !== FIRST_CALL) continue;
        of("decision").stringValue = "reject";
        of("source").stringValue = "user_reject";
      }
  return JSON.stringify(body);
}

async function shown(w: World) {
  const app = createLocalApp(openReader(w.config.data_dir), w.config);
  const params = { id: SESSION };
  const { data } = await app.call("GET /api/sessions/:id/timeline", { params, query: { limit: 1000 } });
  const detail = (await app.call("GET /api/sessions/:id", { params })).data;
  const outline = (await app.call("GET /api/sessions/:id/outline", { params })).data;
  return {
    session: detail,
    blocks: outline.blocks,
    calls: data.items.filter((item) => item.kind === "tool"),
    refusals: data.items.filter((item) => item.kind === "event" && item.event_type === "tool_rejected"),
    tools: detail.tools,
  };
}

describe("who decided on a tool call", () => {
  test("I12.2 the timeline and the list of tools show it, from the recorded telemetry", async () => {
    const w = started();
    await transcripts(w);
    const before = await shown(w);
    expect(before.calls.length).toBeGreaterThan(5);
    expect(before.calls.every((c) => c.decided_by === null && c.decision === null)).toBe(true);
    expect(before.tools.every((t) => t.decisions.length === 0)).toBe(true);
    await telemetry(w);
    const { calls, tools, refusals } = await shown(w);
    expect(calls.find((c) => c.tool_use_id === FIRST_CALL)).toMatchObject({
      decision: "accept",
      decided_by: "config",
    });
    const bash = tools.find((t) => t.tool_name === "Bash")!;
    expect(bash.decisions).toEqual([
      {
        decision: "accept",
        decided_by: "config",
        calls: calls.filter((c) => c.tool_name === "Bash" && c.decided_by === "config").length,
      },
    ]);
    expect(refusals).toEqual([]);
  });

  for (const source of ["user_reject", "config", "hook"])
    test(`I12.2 a refusal by ${source} that no transcript has is an event, once however often it is sent`, async () => {
      const w = started();
      const change = (text: string) => refused(text).replace('"user_reject"', `"${source}"`);
      await telemetry(w, change);
      await telemetry(w, change);
      const { refusals } = await shown(w);
      expect(refusals).toMatchObject([
        { event_type: "tool_rejected", origin: "otlp", tool_name: "Bash", data: { decided_by: source } },
      ]);
    });

  for (const order of ["telemetry first", "transcript first"])
    test(`I12.2 what both report is one fact: ${order}`, async () => {
      const w = started();
      const transcript = () => {
        const line = {
          type: "user",
          sessionId: SESSION,
          uuid: "11111111-1111-4111-8111-111111111111",
          timestamp: "2026-11-18T10:00:00.000Z",
          toolDenialKind: "user-rejected",
          toolUseResult: "User rejected tool use",
          message: {
            role: "user",
            content: [{ type: "tool_result", tool_use_id: FIRST_CALL, is_error: true, content: "no" }],
          },
        };
        w.write(`.claude/projects/-home-dev-shop/${SESSION}.jsonl`, `${JSON.stringify(line)}\n`);
        return w.read();
      };
      if (order === "transcript first") await transcript();
      await telemetry(w, refused);
      if (order === "telemetry first") await transcript();
      const { refusals, calls, session, blocks } = await shown(w);
      // Beside the row of the call itself, the event would be the same denial a second time.
      expect(refusals).toEqual([]);
      expect(session).toMatchObject({ denied_tool_calls: 1, failed_tool_calls: 0 });
      expect(blocks.map(({ failed, denied }) => [failed, denied])).toEqual([[0, 1]]);
      expect(calls.find((c) => c.tool_use_id === FIRST_CALL)).toMatchObject({
        outcome: "rejected",
        decision: "reject",
        decided_by: "user_reject",
      });
    });

  test("I12.2 a refusal of imported history names its tool", async () => {
    const w = started();
    await transcripts(w);
    const app = createLocalApp(openReader(w.config.data_dir), w.config);
    const query = { event_type: "tool_rejected", limit: 1000 } as const;
    const denied = (await app.call("GET /api/metrics", { query })).data;
    const calls = (
      await app.call("GET /api/sessions/:id/timeline", { params: { id: SESSION }, query: { limit: 1000 } })
    ).data.items;
    expect(denied).toEqual([]);
    const line = {
      type: "user",
      sessionId: SESSION,
      uuid: "22222222-2222-4222-8222-222222222222",
      timestamp: "2026-11-18T10:00:00.000Z",
      toolDenialKind: "user-rejected",
      toolUseResult: "User rejected tool use",
      message: {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: FIRST_CALL, is_error: true, content: "no" }],
      },
    };
    const file = `.claude/projects/-home-dev-shop/later/${SESSION}.jsonl`;
    w.write(file, `${JSON.stringify(line)}\n`);
    await w.read();
    const named = calls.find((c) => c.kind === "tool" && c.tool_use_id === FIRST_CALL);
    const now = (await app.call("GET /api/metrics", { query })).data;
    expect(now.map((e) => e.tool_name)).toEqual([
      named?.kind === "tool" ? (named.tool_name ?? undefined) : "",
    ]);
  });
});
