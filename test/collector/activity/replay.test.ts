import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistry } from "../../../collector/activity/registry.ts";
import { createActivityTracker } from "../../../collector/activity/tracker.ts";
import type { Activity } from "../../../schema/activity.ts";
import { sessionQueries } from "../../../store/queries/sessions.ts";
import { createRandom } from "../../bench/random.ts";
import { createWorld } from "../../world.ts";
import {
  type RecordedClaim,
  type RecordedHook,
  recordedClaims,
  recordedHooks,
  spoolLine,
} from "./recorded.ts";

const SPOOL = ".local/share/hall-monitor/spool/202611010000.log";

/** Reported by whichever of hook and registry comes first; the other follows within this time. */
const TOGETHER_MS = 250;

function follow(hooks: RecordedHook[], withRegistry: boolean) {
  const world = createWorld();
  const folder = mkdtempSync(join(tmpdir(), "hall-registry-"));
  const file = join(folder, `${process.pid}.json`);
  let now = hooks[0]?.t_ms ?? 0;
  const registry = withRegistry
    ? createRegistry(
        [folder],
        (session_id) => world.pipeline.bus.publish("claimed", { session_id }),
        () => now,
      )
    : undefined;
  const tracker = createActivityTracker({
    reader: world.db,
    bus: world.pipeline.bus,
    registry,
    now: () => now,
  });
  return {
    async fire(hook: RecordedHook) {
      world.append(SPOOL, spoolLine(hook));
      await world.read();
    },
    async transcript(session: string, lines: string[]) {
      world.write(`.claude/projects/-home-dev-shop/${session}.jsonl`, `${lines.join("\n")}\n`);
      await world.read();
    },
    claim({ event, content }: RecordedClaim) {
      if (event === "removed") rmSync(file, { force: true });
      else
        writeFileSync(file, JSON.stringify({ ...content, pid: process.pid, procStart: "", pidDomain: "" }));
      registry?.compare();
    },
    at(time: number, session_id: string): Activity {
      now = time;
      tracker.refresh();
      return tracker.of(sessionQueries(world.db).find(`claude:${session_id}`)!);
    },
    async close() {
      tracker.close();
      await registry?.close();
      world.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What the client's own registry calls the same. */
function wanted({ content }: RecordedClaim): Activity["state"][] {
  if (content?.status === "busy") return ["working"];
  if (content?.status === "idle") return ["idle", "done", "ended"];
  // A dialog that the person opened, like `/model`, is no wait of the agent.
  if (content?.waitingFor === "dialog open") return ["idle", "done", "working"];
  return content?.status === "waiting" ? ["waiting"] : [];
}

async function compare(run: string, withRegistry: boolean) {
  const hooks = recordedHooks(run);
  const claims = recordedClaims(run).filter(
    (c) => c.content?.status !== undefined && c.content.status !== "shell",
  );
  const world = follow(hooks, withRegistry);
  const wrong: { t_ms: number; claim: string; is: Activity }[] = [];
  try {
    for (const [i, claim] of claims.entries()) {
      world.claim(claim);
      const next = claims[i + 1];
      const until = Math.min(claim.t_ms + TOGETHER_MS, (next?.t_ms ?? Number.MAX_SAFE_INTEGER) - 1);
      while (hooks[0] && hooks[0].t_ms <= until) await world.fire(hooks.shift()!);
      const is = world.at(until, claim.content!.sessionId);
      const allowed = wanted(claim).concat(next && next.t_ms - until < TOGETHER_MS ? wanted(next) : []);
      if (!allowed.includes(is.state))
        wrong.push({
          t_ms: claim.t_ms,
          claim: `${claim.content!.status} ${claim.content!.waitingFor ?? ""}`,
          is,
        });
    }
  } finally {
    await world.close();
  }
  return wrong;
}

describe("a recorded terminal session", () => {
  test("H16 hooks and registry together: the state is right at every moment", async () => {
    expect(await compare("tui2", true)).toEqual([]);
    expect(await compare("tui3", true)).toEqual([]);
  });

  test("H16 hooks alone: a granted call until it ends and Esc are all that no hook reports", async () => {
    const wrong = await compare("tui2", false);
    expect(wrong.map(({ claim, is }) => [claim, is.state, is.tool?.tool_name])).toEqual([
      ["idle ", "working", "Bash"],
      ["busy ", "waiting", "Bash"],
      ["busy ", "waiting", "ExitWorktree"],
      // `/clear` has ended the session that the registry still names.
      ["busy ", "ended", undefined],
    ]);
  });

  test("H16 the question is shown: the command, the text", async () => {
    const world = follow(recordedHooks("tui2"), false);
    const requested: unknown[] = [];
    for (const hook of recordedHooks("tui2")) {
      await world.fire(hook);
      if (hook.event !== "PermissionRequest") continue;
      const { state, since_unix_ms, waits_for } = world.at(hook.t_ms + 1, hook.session_id);
      expect([state, since_unix_ms]).toEqual(["waiting", hook.t_ms]);
      requested.push(waits_for);
    }
    await world.close();
    expect(requested).toEqual([
      { kind: "permission", tool_name: "Bash", argument: "touch allowed-by-user.txt" },
      { kind: "question", tool_name: "AskUserQuestion", argument: "Which colour?" },
      { kind: "permission", tool_name: "Bash", argument: "echo A=1 > watched.env; sleep 2" },
      { kind: "permission", tool_name: "ExitWorktree", argument: null },
    ]);
  });

  test("F040.A3 the same hooks in any order of arrival give the same state", async () => {
    const hooks = recordedHooks("tui2");
    const random = createRandom(7).next;
    for (const upTo of [7, 9, 12, 16, 17, 25, 35, 44, 67, 90, hooks.length - 1]) {
      const [last] = hooks.slice(upTo, upTo + 1);
      const states: Activity[] = [];
      for (const order of [hooks.slice(0, upTo + 1), shuffled(hooks.slice(0, upTo + 1), random)]) {
        const world = follow(hooks, false);
        for (const hook of order) await world.fire(hook);
        states.push(world.at(last!.t_ms + 1, last!.session_id));
        await world.close();
      }
      expect(states[1]!).toEqual(states[0]!);
    }
  });

  test("H16 the transcript alone distinguishes work, rest, a question, and Esc", async () => {
    const session = "ee67a640-8b75-4d04-8705-21f4416fb6eb";
    const lines = transcriptLines(session);
    const states: string[] = [];
    // After a chat; in a question; in `sleep 20`; after Esc.
    for (const at of [1795759516300, 1795759534000, 1795759546000, 1795759549000]) {
      const world = follow(recordedHooks("tui2"), false);
      await world.transcript(
        session,
        lines.filter((line) => line.t_ms <= at).map((line) => line.text),
      );
      const { state, waits_for, witness } = world.at(at, session);
      states.push([state, waits_for?.kind ?? "", witness].join(" "));
      await world.close();
    }
    expect(states).toEqual([
      "done  transcript",
      "waiting question transcript",
      "working  transcript",
      "done  transcript",
    ]);
  });
});

function transcriptLines(session: string) {
  const folder = "../../fixtures/claude-332/transcripts/tui2/projects/-home-dev-shop";
  return readFileSync(join(import.meta.dir, folder, `${session}.jsonl`), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((text) => ({
      text,
      t_ms: Date.parse((JSON.parse(text) as { timestamp?: string }).timestamp ?? "") || 0,
    }));
}

function shuffled<T>(items: T[], random: () => number): T[] {
  const order = items.map((item) => ({ item, at: random() }));
  return order.sort((a, b) => a.at - b.at).map(({ item }) => item);
}
