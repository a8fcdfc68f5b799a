import { describe, expect, test } from "bun:test";
import { cpSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { loadPlanDocuments } from "../../collector/plans/lint/documents.ts";
import { openDatabase } from "../../store/database.ts";
import { digest } from "../../store/digest.ts";
import { restoreArchive } from "../../store/restore-archive.ts";
import { assistant, jsonl, transcript } from "../world.ts";
import { BASE_MS, line, planWorld } from "./rig.ts";

const ROOT = join(import.meta.dir, "../..");
const at = (seconds: number) => new Date(BASE_MS + seconds * 1000).toISOString();

/** A transcript in which a session edits a file, as Claude Code writes it. */
function edits(
  cwd: string,
  session: string,
  calls: { seconds: number; tool: string; input: object }[],
): string {
  return jsonl(
    ...calls.flatMap(({ seconds, tool, input }, i) => {
      const id = `toolu_${session}_${i}`;
      const use = { type: "tool_use", id, name: tool, input };
      const result = { type: "tool_result", tool_use_id: id, content: "ok" };
      const message = { id: `msg_${session}_${i}`, content: [use], stop_reason: "tool_use" };
      return [
        assistant({
          sessionId: session,
          cwd,
          timestamp: at(seconds - 0.1),
          requestId: `req_${session}_${i}`,
          message,
          usage: { input_tokens: 10, output_tokens: 10 },
        }),
        {
          type: "user",
          uuid: `u_${id}`,
          sessionId: session,
          cwd,
          timestamp: at(seconds),
          message: { role: "user", content: [result] },
        },
      ];
    }),
  );
}

describe("scans of real files", () => {
  test("F010.A1 a feature that changes to in_progress, completed or failed gives its event once", () => {
    using rig = planWorld();
    rig.manifest({ A: "pending", B: "pending" }, 0);
    expect(rig.scan()).toEqual([
      "plan_created 0",
      "plan_optimized 1",
      "feature_created A 0",
      "feature_created B 0",
    ]);
    rig.manifest({ A: "in_progress", B: "pending" }, 1);
    expect(rig.scan()).toEqual(["orchestration_started 1", "feature_started A 1"]);
    expect(rig.scan()).toEqual([]);
    rig.manifest({ A: "completed", B: "failed" }, 2);
    expect(rig.scan()).toEqual(["feature_completed A 1", "feature_started B 1", "feature_failed B 1"]);
    expect(rig.plan()).toMatchObject({ state: "failed", place: "active", project_path: rig.project });
  });

  test("F010.A2 a plan that appears already under way gives the events that led there", () => {
    using rig = planWorld();
    rig.manifest({ A: "completed", B: "in_progress" }, 0);
    expect(rig.scan()).toEqual([
      "plan_created 0",
      "plan_optimized 1",
      "feature_created A 0",
      "feature_created B 0",
      "orchestration_started 1",
      "feature_started A 1",
      "feature_completed A 1",
      "feature_started B 1",
    ]);
    const started = rig.events().find((e) => e.event_type === "feature_started");
    expect(started?.data).toMatchObject({ feature_id: "A", inferred: true, time_quality: "inferred" });
  });

  test("F010.A3 a feature that goes back to pending gives no start", () => {
    using rig = planWorld();
    rig.manifest({ A: "in_progress" }, 0);
    rig.scan();
    rig.manifest({ A: "pending" }, 1);
    expect(rig.scan()).toEqual([]);
    const attempt = rig.world.one<object>("select attempt, outcome, ended_unix_ms from plan_attempts");
    expect(attempt).toEqual({ attempt: 1, outcome: "reset", ended_unix_ms: BASE_MS + 1000 });
    rig.manifest({ A: "in_progress" }, 2);
    expect(rig.scan()).toEqual(["feature_started A 2"]);
  });

  test("F010.A4 a plan that moves to the completed folder ends its orchestration", () => {
    using rig = planWorld();
    rig.manifest({ A: "in_progress" }, 0);
    rig.scan();
    rig.move("dev/active/shop-plan", "dev/complete/shop-plan");
    expect(rig.scan()).toEqual(["orchestration_completed 1"]);
    expect(rig.events().at(-1)?.data).toMatchObject({ reason: "moved" });
    expect(rig.plan()).toMatchObject({ state: "completed", place: "complete" });
    expect(rig.scan()).toEqual([]);
  });

  test("F010 stopped in between: what happened meanwhile is seen once, also by many restarts", () => {
    using rig = planWorld();
    rig.manifest({ A: "pending" }, 0);
    rig.scan();
    rig.manifest({ A: "completed" }, 5);
    rig.restart();
    expect(rig.scan()).toEqual([
      "orchestration_started 1",
      "feature_started A 1",
      "feature_completed A 1",
      "orchestration_completed 1",
    ]);
    const rows = rig.world.pipeline.store.lastSeq();
    for (let i = 0; i < 3; i++) {
      rig.restart();
      expect(rig.scan()).toEqual([]);
    }
    expect(rig.world.pipeline.store.lastSeq()).toBe(rows);
  });

  test("F010 a change is held back for the tool call that may explain it, at most two seconds", () => {
    using rig = planWorld();
    rig.manifest({ A: "pending" }, 0);
    rig.scan();
    rig.later(-9_000);
    rig.world.write("shop/dev/active/shop-plan/manifest.jsonl", jsonl(line("A", "in_progress")));
    expect(rig.scan()).toEqual([]);
    rig.later(2_100);
    expect(rig.scan()).toEqual(["orchestration_started 1", "feature_started A 1"]);
    expect(rig.events().at(-1)?.data.time_quality).toBe("file");
  });

  test("F010 EC002 a manifest that is half written, empty or no manifest changes nothing, and its bad lines are counted", () => {
    using rig = planWorld();
    rig.manifest({ A: "in_progress", B: "pending" }, 0);
    rig.scan();
    const file = "shop/dev/active/shop-plan/manifest.jsonl";
    for (const [text, seconds] of [
      [`${JSON.stringify(line("A", "in_progress"))}\n{"id": "B", "sta`, 1],
      ["", 2],
      ["[]\n", 3],
    ] as const) {
      rig.world.write(file, text);
      utimesSync(
        rig.path("dev/active/shop-plan/manifest.jsonl"),
        BASE_MS / 1000 + seconds,
        BASE_MS / 1000 + seconds,
      );
      expect(rig.scan()).toEqual([]);
    }
    expect(rig.world.all("select source, reason from rejects")).toEqual([
      { source: "plan", reason: "invalid_json" },
    ]);
    rig.manifest({ A: "completed", B: "pending" }, 4);
    expect(rig.scan()).toEqual(["feature_completed A 1"]);
  });

  test("F010 EC008 a renamed plan is the same plan under a further name; a deleted one has a state and no event", () => {
    using rig = planWorld();
    rig.manifest({ A: "in_progress", B: "pending" }, 0);
    rig.scan();
    const key = rig.plan().plan_key;
    rig.move("dev/active/shop-plan", "dev/active/shop-two");
    expect(rig.scan()).toEqual([]);
    expect(rig.plan("shop-two")).toMatchObject({ plan_key: key, aliases: '["shop-plan"]', state: "active" });
    rig.remove("dev/active/shop-two");
    expect(rig.scan()).toEqual([]);
    expect(rig.plan("shop-two")).toMatchObject({ state: "deleted", place: "gone" });
    rig.manifest({ A: "in_progress", B: "pending" }, 9, "dev/active/shop-two");
    expect(rig.scan()).toEqual([]);
    rig.manifest({ A: "in_progress", B: "pending" }, 10);
    expect(rig.scan()).toContain("plan_created 0");
    expect(rig.plan("shop-plan").plan_key).not.toBe(key);
  });

  test("F010 two projects with one name are two plans, and a manifest at the top is a plan of its folder's name", () => {
    using rig = planWorld({ HALL_PLAN_ROOTS: "" });
    using other = planWorld();
    rig.manifest({ A: "pending" }, 0);
    other.manifest({ A: "pending" }, 0);
    rig.scan();
    other.scan();
    expect(rig.plan().plan_key).not.toBe(other.plan().plan_key);
    rig.manifest({ T: "in_progress" }, 0, ".");
    expect(rig.scan()).toContain("feature_started T 1");
    expect(rig.plan("shop")).toMatchObject({ place: "top" });
  });

  test("F010 a plan.md alone is a plan without features", () => {
    using rig = planWorld();
    rig.world.write("shop/dev/active/idea/plan.md", "# Idea\n");
    expect(rig.scan()).toEqual(["plan_created 0"]);
    rig.manifest({ A: "pending" }, 0, "dev/active/idea");
    expect(rig.scan()).toEqual(["plan_optimized 1", "feature_created A 0"]);
  });

  test("F010 nothing is followed out of a project, and what is no plain file is no manifest", () => {
    using rig = planWorld();
    const outside = rig.world.write("outside/manifest.jsonl", jsonl(line("X", "pending")));
    rig.world.write("shop/dev/active/linked/notes.md", "");
    symlinkSync(outside, rig.path("dev/active/linked/manifest.jsonl"));
    symlinkSync(rig.world.path("outside"), rig.path("dev/active/folder"));
    Bun.spawnSync(["mkfifo", rig.path("manifest.jsonl")]);
    expect(rig.scan()).toEqual([]);
  });
});

test("F010 a project that a session begins in is scanned with the next scan", async () => {
  using rig = planWorld();
  expect(rig.scan()).toEqual([]);
  rig.world.write("second/manifest.jsonl", jsonl(line("A", "in_progress")));
  const read = { seconds: 1, tool: "Read", input: { file_path: "/etc/hosts" } };
  rig.world.write(transcript("S9"), edits(rig.world.path("second"), "S9", [read]));
  await rig.world.read();
  expect(rig.scan()).toContain("feature_started A 1");
});

test("F010 our own manifest is a plan that the product tracks, with every feature of it", () => {
  using rig = planWorld({ HALL_PLAN_ROOTS: ROOT });
  rig.scan();
  const features = loadPlanDocuments(ROOT).features.map(({ feature }) => [feature.id, feature.status]);
  const stored = rig.world.all<{ feature_id: string; status: string }>(
    "select feature_id, status from plan_features order by position",
  );
  expect(features.length).toBeGreaterThanOrEqual(29);
  expect(stored.map((f) => [f.feature_id, f.status])).toEqual(features);
});

describe("EC006", () => {
  test("EC006 with watching off the same scans store the same plans", () => {
    const run = (env: Record<string, string>) => {
      using rig = planWorld(env);
      rig.manifest({ A: "pending", B: "pending" }, 0);
      rig.scan();
      rig.manifest({ A: "in_progress", B: "in_progress" }, 1);
      rig.scan();
      rig.manifest({ A: "completed", B: "failed" }, 2);
      rig.scan();
      return rig
        .events()
        .map(({ event_type, data }) => [event_type, data.feature_id, data.attempt, data.time_quality]);
    };
    expect(run({ PLANS_WATCH_MANIFEST: "false" })).toEqual(run({}));
  });
});

describe("who did it and when", () => {
  const file = (rig: ReturnType<typeof planWorld>) => rig.path("dev/active/shop-plan/manifest.jsonl");

  test("F010 the tool call that wrote the file gives the exact time and the session", async () => {
    using rig = planWorld();
    rig.manifest({ A: "pending" }, 0);
    rig.scan();
    const input = { file_path: file(rig), old_string: "pending", new_string: "in_progress" };
    rig.world.write(transcript("S1"), edits(rig.project, "S1", [{ seconds: 10.04, tool: "Edit", input }]));
    rig.world.write(
      transcript("S2"),
      edits(rig.project, "S2", [{ seconds: 10.01, tool: "Read", input: { file_path: "/etc/hosts" } }]),
    );
    await rig.world.read();
    rig.manifest({ A: "in_progress" }, 10);
    expect(rig.scan()).toEqual(["orchestration_started 1", "feature_started A 1"]);
    expect(rig.events().at(-1)).toMatchObject({
      session: "claude:S1",
      time_unix_ms: BASE_MS + 10_040,
      data: { time_quality: "exact" },
    });
    expect(rig.plan()).toMatchObject({ started_unix_ms: BASE_MS + 10_040 });
  });

  test("F010 a call that ended just before the change waits for the one of another session that wrote it", async () => {
    using rig = planWorld();
    rig.manifest({ A: "pending", B: "pending" }, 0);
    rig.scan();
    rig.later(BASE_MS + 61_000 - (Date.now() + 10_000));
    const set = (seconds: number, id: string) => {
      const command = `sed -i s/${id}/started/ dev/active/shop-plan/manifest.jsonl`;
      return [{ seconds, tool: "Bash", input: { command } }];
    };
    rig.world.write(transcript("S1"), edits(rig.project, "S1", set(59.98, "A")));
    await rig.world.read();
    rig.manifest({ A: "pending", B: "in_progress" }, 60);
    expect(rig.scan()).toEqual([]);
    rig.world.write(transcript("S2"), edits(rig.project, "S2", set(60.03, "B")));
    await rig.world.read();
    expect(rig.scan()).toEqual(["orchestration_started 1", "feature_started B 1"]);
    expect(rig.events().at(-1)).toMatchObject({ session: "claude:S2", data: { time_quality: "exact" } });
  });

  test("F010 what was written while the manifest was not watched is replayed from the calls that wrote it", async () => {
    using rig = planWorld();
    rig.manifest({ A: "pending", B: "pending" }, 0);
    rig.scan();
    const set = (id: string, status: string) =>
      `sed -i '/"${id}"/s/"status":"[a-z_]*"/"status":"${status}"/' dev/active/shop-plan/manifest.jsonl`;
    const calls = [
      [10, "A", "in_progress"],
      [20, "A", "failed"],
      [30, "A", "in_progress"],
      [40, "A", "completed"],
    ] as const;
    rig.world.write(
      transcript("S1"),
      edits(
        rig.project,
        "S1",
        calls.map(([seconds, id, status]) => ({
          seconds,
          tool: "Bash",
          input: { command: set(id, status) },
        })),
      ),
    );
    await rig.world.read();
    rig.restart();
    rig.manifest({ A: "completed", B: "pending" }, 40);
    expect(rig.scan()).toEqual([
      "orchestration_started 1",
      "feature_started A 1",
      "feature_failed A 1",
      "feature_started A 2",
      "feature_completed A 2",
    ]);
    const times = rig.events().slice(-4);
    expect(times.map((e) => (e.time_unix_ms - BASE_MS) / 1000)).toEqual([10, 20, 30, 40]);
    expect(
      times.every((e) => e.data.time_quality === "exact" && e.session === "claude:S1" && !e.data.inferred),
    ).toBe(true);
    rig.restart();
    expect(rig.scan()).toEqual([]);
  });

  test("F010 without a call it is the only session at work in the project, and of two none", async () => {
    using rig = planWorld();
    rig.manifest({ A: "pending" }, 0);
    rig.scan();
    const read = { seconds: 9, tool: "Read", input: { file_path: "/etc/hosts" } };
    rig.world.write(transcript("S1"), edits(rig.project, "S1", [read]));
    await rig.world.read();
    rig.manifest({ A: "in_progress" }, 10);
    rig.scan();
    expect(rig.events().at(-1)).toMatchObject({ session: "claude:S1", data: { time_quality: "file" } });
    rig.world.write(transcript("S2"), edits(join(rig.project, "src"), "S2", [read]));
    await rig.world.read();
    rig.manifest({ A: "completed" }, 11);
    rig.scan();
    expect(rig.events().at(-1)?.session).toBe("plan:");
  });
});

test("F010 the archive gives plans, features, attempts and their events back", async () => {
  using rig = planWorld();
  rig.manifest({ A: "in_progress", B: "pending" }, 0);
  rig.scan();
  rig.manifest({ A: "completed", B: "failed" }, 1);
  rig.scan();
  while (rig.world.pipeline.archive.append(Date.now()));
  const copy = rig.world.path("copy");
  const db = openDatabase(copy);
  cpSync(join(rig.world.config.data_dir, "archive"), join(copy, "archive"), { recursive: true });
  await restoreArchive(db, join(copy, "archive"), () => {
    throw new Error("nothing here has a price");
  });
  const [wanted, found] = [digest(rig.world.db).tables, digest(db).tables];
  for (const name of ["plans", "plan_features", "plan_attempts", "events"] as const) {
    expect([name, found[name]]).toEqual([name, wanted[name]]);
    expect(wanted[name].rows).toBeGreaterThan(0);
  }
  db.close();
});

test("F010 a secret in a plan's words is covered before it is stored, and without words there are none", () => {
  for (const [mode, wanted] of [
    ["redacted", "use [redacted:"],
    ["metadata", ""],
  ] as const) {
    using rig = planWorld({ HALL_CAPTURE: mode });
    const secret = `ghp_${"a1B2c3D4e5".repeat(4)}`.slice(0, 40);
    const manifest = jsonl({ ...line("A", "pending"), description: `use ${secret} for it` });
    rig.world.write("shop/dev/active/shop-plan/manifest.jsonl", manifest);
    const { plans } = rig.world.pipeline;
    rig.later(5000);
    utimesSync(rig.path("dev/active/shop-plan/manifest.jsonl"), BASE_MS / 1000, BASE_MS / 1000);
    plans.drain();
    const stored = JSON.stringify(
      rig.world.all("select description from plan_features union all select data from events"),
    );
    expect(stored).not.toContain(secret);
    expect(stored).toContain(wanted);
    expect(stored).toContain("description");
  }
});
