import { afterEach, describe, expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { createLocalApp } from "../../cli/local-app.ts";
import { openReader } from "../../store/database.ts";
import { createWorld, type World } from "../world.ts";
import { run } from "./run.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/otlp/claude");
const worlds: World[] = [];
afterEach(() => {
  for (const w of worlds.splice(0)) w.close();
});

async function recorded(...runs: string[]): Promise<World> {
  const w = createWorld();
  worlds.push(w);
  for (const name of runs) cpSync(join(FIXTURES, name), w.path(".claude"), { recursive: true });
  await w.read();
  return w;
}

function createApp(w: World) {
  const db = openReader(w.config.data_dir);
  return createLocalApp(db, w.config);
}

describe("reconcile", () => {
  test("F042.A2 O06 the share that transcripts show is reported in one sentence, and each difference has a name", async () => {
    const w = await recorded("transcripts");
    const { data } = await createApp(w).call("GET /api/reconcile", {});
    expect(data).toMatchObject({
      unexplained_tokens: 0,
      difference_nano_usd: 0,
      recorded_percent: 100,
      hidden_requests: 1,
    });
    expect(data.summary).toContain("is in no transcript");
    const compacted = data.sessions.find((s) => s.hidden.length > 0)!;
    expect(compacted.client_nano_usd).toBe(compacted.shown_nano_usd + compacted.hidden_nano_usd);
    expect(compacted.explained[0]).toContain("not in the transcript: 1 × compact on claude-opus-5-5");
  });

  test("O06 every recorded run: nothing unexplained, a fork is explained by its parent", async () => {
    const w = await recorded("totals/print", "totals/tui1", "totals/tui2", "totals/tui4");
    const { data } = await createApp(w).call("GET /api/reconcile", {});
    expect(data.unexplained_tokens).toBe(0);
    const fork = data.sessions.find((s) => s.carried_nano_usd > 0)!;
    expect(fork.explained).toContainEqual(expect.stringContaining("fork: its total includes $0.054205"));
    expect(fork.difference_nano_usd).toBe(0);
  });

  test("O06 the command has the sentence, one session alone, and JSON", async () => {
    const w = await recorded("transcripts");
    const place = { home: w.home, data_dir: w.config.data_dir };
    const all = await run(place, ["reconcile"]);
    expect([all.code, all.stdout]).toEqual([
      0,
      expect.stringMatching(/^recorded 100 % of the client's own total of \$0\.\d+; \d/),
    ]);
    const one = await run(place, ["reconcile", "030a9bf0", "--json"]);
    expect(JSON.parse(one.stdout).data).toMatchObject({ sessions_compared: 1, client_nano_usd: 210_851_000 });
  });

  test("I12.1 cost by skill, plugin, agent type, MCP server and effort adds up to the whole; by tool it is of its turns", async () => {
    const w = await recorded("totals/print", "totals/tui2");
    const app = createApp(w);
    const by = async (
      group_by: "skill" | "plugin" | "agent_type" | "mcp_server" | "effort" | "tool" | undefined,
    ) =>
      (await app.call("GET /api/aggregations", { query: { metric: "cost", ...(group_by && { group_by }) } }))
        .data;
    const whole = await by(undefined);
    for (const group of ["skill", "plugin", "agent_type", "mcp_server", "effort"] as const) {
      const got = await by(group);
      expect([group, got.total]).toEqual([group, whole.total]);
      expect(got.groups.reduce((n, g) => n + (g.value ?? 0), 0)).toBe(whole.total!);
      expect(got.groups.length).toBeGreaterThan(1);
    }
    const tools = await by("tool");
    expect(tools.total).toBe(whole.total);
    expect(tools.groups.find((g) => g.group === "Bash")!.value).toBeGreaterThan(0);
    const costs = (await app.call("GET /api/costs", { query: { group_by: "skill" } })).data;
    expect(costs.groups.reduce((n, g) => n + (g.cost_nano_usd ?? 0), 0)).toBe(costs.total.cost_nano_usd!);
  });
});
