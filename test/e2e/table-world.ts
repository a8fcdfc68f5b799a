import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUN_SEAL } from "../../schema/names.ts";
import { dayBefore, dayOf } from "../../viewer/ui/format.ts";
import { prompt, response, usage, type World } from "./page-rig.ts";

export const [WORKS, WAITS, TUESDAY] = [1, 2, 3].map(
  (n) => `${`${n}`.repeat(8)}-6f1c-4a55-9d0e-1c2d3e4f5a6b`,
) as [string, string, string];
const ZONE = "Europe/Berlin";
const [SECOND, MINUTE, DAY] = [1000, 60_000, 86_400_000];

/** The last Tuesday before today, in the zone of the page. */
export function lastTuesday(now: number): string {
  const today = dayOf(now, ZONE);
  return dayBefore(today, (new Date(`${today}T12:00:00Z`).getUTCDay() + 5) % 7 || 7);
}

const call = (tool_name: string, tool_use_id: string, tool_input: object) => ({
  tool_name,
  tool_use_id,
  tool_input,
});

/** What the client writes while its hooks fire: tokens are in transcripts alone. Requests of today lie within it. */
export function writeTranscripts(world: World, now: number): void {
  const at =
    [10 * MINUTE, MINUTE, 10 * SECOND]
      .map((ago) => now - ago)
      .find((t) => dayOf(t, ZONE) === dayOf(now, ZONE)) ?? now;
  const hall = { cwd: "/home/dev/hall", gitBranch: "feat/dear" };
  const content = [{ type: "tool_use", id: "toolu_make", name: "Bash", input: { command: "make all" } }];
  world.transcript(`${WORKS}.jsonl`, [
    { ...prompt(WORKS, "1", at, "port the walrus price book"), ...hall },
    { ...response(WORKS, "a", at + SECOND, { usage: usage(10, 100_000, 0) }), ...hall },
    // What was cached is sent again: a miss.
    {
      ...response(WORKS, "b", at + 2 * SECOND, {
        usage: usage(100_010, 0, 0),
        content,
        stop_reason: "tool_use",
      }),
      ...hall,
    },
    { ...response("before", "c", now - DAY - 5 * SECOND), cwd: "/home/dev/shop", gitBranch: "main" },
  ]);
  const child = join(world.dir, "claude/projects/-work-shop", WORKS, "subagents");
  mkdirSync(child, { recursive: true });
  const line = { ...response(WORKS, "sub", at + 3 * SECOND), ...hall, agentId: "a1", isSidechain: true };
  writeFileSync(join(child, "agent-a1.jsonl"), `${JSON.stringify(line)}\n`);
  world.transcript(`${WAITS}.jsonl`, [
    prompt(WAITS, "2", at, "delete the old invoices"),
    response(WAITS, "d", at + SECOND),
  ]);
  const then = Date.parse(`${lastTuesday(now)}T12:00:00Z`);
  world.transcript(`${TUESDAY}.jsonl`, [
    prompt(TUESDAY, "3", then, "count the penguins"),
    response(TUESDAY, "e", then + SECOND, { model: "claude-haiku-4-5-20251001" }),
  ]);
  appendFileSync(
    join(world.dir, "claude/projects/-work-shop", `${TUESDAY}.jsonl`),
    '{"type":"assistant","broken\n',
  );
}

/** A limit of Codex that climbs by one point a minute, as its rollout reports it. */
export function writeRollout(world: World, now: number): void {
  const id = "01a1fa16-25bc-7991-bd39-e8ed252fc5aa";
  const line = (ago: number, type: string, payload: object) =>
    JSON.stringify({ timestamp: new Date(now - ago).toISOString(), type, payload });
  const meta = {
    session_id: id,
    id,
    timestamp: new Date(now - 41 * MINUTE).toISOString(),
    cwd: "/home/dev/shop",
    originator: "codex_exec",
    cli_version: "0.169.0",
    source: "exec",
  };
  const resets_at = Math.round((now + 180 * MINUTE) / SECOND);
  const counts = Array.from({ length: 40 }, (_, i) => {
    const primary = { used_percent: 40 + i, window_minutes: 300, resets_at };
    return line((40 - i) * MINUTE, "event_msg", {
      type: "token_count",
      info: null,
      rate_limits: { limit_id: "codex", primary },
    });
  });
  const folder = join(
    world.dir,
    ".codex/sessions",
    new Date(now).toISOString().slice(0, 10).replaceAll("-", "/"),
  );
  mkdirSync(folder, { recursive: true });
  const name = `rollout-${new Date(now).toISOString().slice(0, 19).replaceAll(":", "-")}-${id}.jsonl`;
  writeFileSync(join(folder, name), `${[line(41 * MINUTE, "session_meta", meta), ...counts].join("\n")}\n`);
}

/** The real hook processes of two sessions, and the real status line, as Claude Code starts them. */
export async function fireAll(world: World): Promise<void> {
  const works = { session_id: WORKS, cwd: "/home/dev/hall", prompt_id: "prompt-1" };
  const waits = { session_id: WAITS, cwd: "/home/dev/shop", prompt_id: "prompt-2" };
  const test = call("Bash", "toolu_test", { command: "npm test" });
  const child = { agent_id: "a1", agent_type: "Explore" };
  const events: [string, object][] = [
    ["SessionStart", { ...works, source: "startup" }],
    ["UserPromptSubmit", { ...works, prompt: "port the walrus price book" }],
    ["SubagentStart", { ...works, ...child }],
    ["SubagentStop", { ...works, ...child }],
    ["PreToolUse", { ...works, ...test }],
    ["PostToolUseFailure", { ...works, ...test, error: "exit 2: the basket is empty" }],
    ["PreToolUse", { ...works, ...call("Bash", "toolu_make", { command: "make all" }) }],
    ["UserPromptSubmit", { ...waits, prompt: "delete the old invoices" }],
    ["PermissionRequest", { ...waits, ...call("Bash", "toolu_rm", { command: "rm -rf invoices" }) }],
  ];
  for (const [name, payload] of events) await world.fireHook(name, payload);
  const program = join(import.meta.dir, "../../hooks/statusline.js");
  for (const used_percentage of [12, 42]) {
    const five_hour = { used_percentage, resets_at: Math.round((Date.now() + 150 * MINUTE) / SECOND) };
    const child = Bun.spawn([process.execPath, ...BUN_SEAL, program], {
      env: world.env,
      stdin: Buffer.from(JSON.stringify({ session_id: WORKS, rate_limits: { five_hour } })),
      stdout: "ignore",
    });
    if ((await child.exited) !== 0) throw new Error("the status line failed");
  }
}
