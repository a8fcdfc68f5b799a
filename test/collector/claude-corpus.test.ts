import { describe, expect, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { countRollupDifferences } from "../../store/rollups.ts";
import { createWorld, type World } from "../world.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/claude");
/** What the client requests for itself leaves no usage in a transcript (compaction, titles, the classifier). */
const UNSEEN_KINDS = new Set(["compact", "aux"]);

/** Sessions of one later run on 2.1.329 are among the transcripts; of the API's answers there is no record. */
const UNRECORDED = "msg_01XTR";

type Truth = {
  kind: string;
  answered: number;
  message_id?: string;
  request_id: string;
  session_id: string;
  model: string;
  usage: Record<string, number> & { cache_creation: Record<string, number> };
};

function truth(version: string): Truth[] {
  const lines = readFileSync(join(FIXTURES, "truth", `${version}-requests.jsonl`), "utf8")
    .trim()
    .split("\n");
  return lines
    .map((l) => JSON.parse(l) as Truth)
    .filter((r) => r.answered === 200 && r.message_id !== undefined);
}

async function load(folder: string): Promise<World> {
  const world = createWorld();
  cpSync(join(FIXTURES, "transcripts", folder), world.path(".claude"), { recursive: true });
  await world.read();
  return world;
}

describe("recorded Claude transcripts", () => {
  for (const [version, folder] of [
    ["329", "2.1.329"],
    ["197", "2.1.197"],
  ] as const)
    test(`F008.A3 corpus ${folder}: every request and token that the API served, once, under its session`, async () => {
      const w = await load(folder);
      const rows = w.all<{ response_id: string }>(`
        select response_id, provider_request_id as request_id, source_session_id as session_id, model,
          uncached_input_tokens as input, cache_creation_5m_input_tokens as m5, cache_creation_1h_input_tokens as h1,
          cache_read_input_tokens as cached, output_tokens as output
        from requests join sessions using (session_pk) where origin is null`);
      const got = new Map(rows.map((r) => [r.response_id, r]));
      const served = truth(version);
      const visible = served.filter((r) => got.has(r.message_id!) || !UNSEEN_KINDS.has(r.kind));
      for (const r of visible)
        expect(got.get(r.message_id!)).toMatchObject({
          request_id: r.request_id,
          model: r.model,
          input: r.usage.input_tokens,
          m5: r.usage.cache_creation.ephemeral_5m_input_tokens,
          h1: r.usage.cache_creation.ephemeral_1h_input_tokens,
          cached: r.usage.cache_read_input_tokens,
          output: r.usage.output_tokens,
        });
      expect(rows.filter((r) => !r.response_id.startsWith(UNRECORDED)).length).toBe(visible.length);
      expect(visible.length).toBeGreaterThanOrEqual(73);
      expect(w.one("select count(*) as n from rejects")).toEqual({ n: 0 });
      expect(countRollupDifferences(w.db)).toBe(0);
      w.close();
    });

  test("F008 corpus 2.1.329: a fork's copies stay with the session that asked, agents hang under theirs", async () => {
    const w = await load("2.1.329");
    const owner = new Map(
      w
        .all<{ id: string; session: string }>(
          "select response_id as id, source_session_id as session from requests join sessions using (session_pk)",
        )
        .map((r) => [r.id, r.session]),
    );
    for (const r of truth("329").filter((r) => owner.has(r.message_id!)))
      expect(owner.get(r.message_id!)).toBe(r.session_id);
    const agents = w.all<{ agent_id: string; agent_type: string; tool_use_id: string; requests: number }>(`
      select agent_id, agent_type, tool_use_id, (select count(*) from requests r where r.session_pk = a.session_pk and r.agent_id = a.agent_id) as requests
      from agents a`);
    expect(agents.length).toBeGreaterThan(0);
    for (const a of agents)
      expect(a).toMatchObject({
        agent_type: "general-purpose",
        tool_use_id: expect.stringMatching(/^toolu_/),
        requests: 3,
      });
    w.close();
  });

  test("F008 corpus: denials and interruptions that no hook reports are found in the transcripts", async () => {
    for (const folder of ["2.1.329", "2.1.197"]) {
      const w = await load(folder);
      expect(
        w.one<{ n: number }>("select count(*) as n from events where event_type = 'tool_rejected'").n,
      ).toBeGreaterThan(0);
      expect(
        w.one<{ n: number }>("select count(*) as n from events where event_type = 'turn_interrupted'").n,
      ).toBeGreaterThan(0);
      expect(
        w.one<{ n: number }>("select count(*) as n from tool_calls where outcome = 'rejected'").n,
      ).toBeGreaterThan(0);
      expect(
        w.one<{ n: number }>("select count(*) as n from events where event_type = 'compaction_completed'").n,
      ).toBeGreaterThan(0);
      w.close();
    }
  });

  test("F008 corpus 2.1.197 slow stream: figures that the client never corrected are marked as provisional", async () => {
    const w = await load("2.1.197-slow-stream");
    const agent = w.all<{ output_tokens: number; provisional: number }>(
      "select output_tokens, flags & 1 as provisional from requests where agent_id <> ''",
    );
    expect(agent.length).toBeGreaterThan(0);
    for (const row of agent) expect(row).toEqual({ output_tokens: 1, provisional: 1 });
    expect(w.all("select distinct flags & 1 as provisional from requests where agent_id = ''")).toEqual([
      { provisional: 0 },
    ]);
    w.close();
  });
});
