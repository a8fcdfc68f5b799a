import { expect, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createActivityView } from "../../collector/activity/tracker.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import { sessionQueries } from "../../store/queries/sessions.ts";
import { toSessions } from "../../viewer/api/session-shape.ts";
import { prompt, response } from "../e2e/page-rig.ts";
import { createWorld, type World } from "../world.ts";

const FIXTURES = join(import.meta.dir, "../fixtures");
const NOW = Date.parse("2026-11-20T18:30:00Z");

function contexts(world: World) {
  const queries = sessionQueries(world.db);
  const rows = queries.latest({ now_unix_ms: NOW, limit: 500 });
  return toSessions(
    queries,
    rows,
    NOW,
    createActivityView(world.db, () => NOW),
  );
}

/** A recorded payload through the real status line. */
async function drawn(world: World, payload: string): Promise<void> {
  const child = Bun.spawn([process.execPath, ...BUN_SEAL, join(FIXTURES, "../../hooks/statusline.js")], {
    env: { PATH: process.env.PATH ?? "", HOME: world.home },
    stdin: Buffer.from(payload),
    stdout: "ignore",
  });
  expect(await child.exited).toBe(0);
}

test("F049.A3 a context of Claude is as large as its status line reports, and a status line opens no session", async () => {
  const world = createWorld();
  try {
    const recorded = readFileSync(join(FIXTURES, "claude/statusline/329-oauth-004.json"), "utf8");
    const { session_id, rate_limits: _, ...rest } = JSON.parse(recorded);
    // Of an account without limits the size is reported alone.
    const alone = JSON.stringify({ session_id, ...rest });
    await drawn(world, alone);
    await world.read();
    expect(contexts(world)).toEqual([]);
    const lines = [
      prompt(session_id, "1", NOW - 60_000, "hello"),
      response(session_id, "a", NOW - 50_000, { model: "claude-sonnet-4-5-20250929" }),
    ];
    world.write(
      `.claude/projects/-shop/${session_id}.jsonl`,
      lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    );
    await world.read();
    expect(contexts(world)[0]?.context).toMatchObject({ tokens: 1000, window_tokens: 200_000 });
    for (const payload of [alone, recorded]) {
      await drawn(world, payload);
      await world.read();
      expect(contexts(world)[0]?.context).toMatchObject({ tokens: 1000, window_tokens: 1_000_000 });
    }
    // What cannot be a size is none.
    const odd = { ...rest, session_id, context_window: { context_window_size: -5 } };
    await drawn(world, JSON.stringify(odd));
    await world.read();
    expect(contexts(world)[0]?.context).toMatchObject({ window_tokens: 1_000_000 });
    expect(world.all("select * from rejects")).toEqual([]);
  } finally {
    world.close();
  }
});

test("F049.A3 a context of Codex is as large as its rollout reports", async () => {
  const world = createWorld();
  try {
    cpSync(join(FIXTURES, "codex/home"), world.path(".codex"), { recursive: true });
    await world.read();
    const sizes = new Set(contexts(world).flatMap((s) => (s.context ? [s.context.window_tokens] : [])));
    expect([...sizes]).toEqual([258_400]);
  } finally {
    world.close();
  }
});
