/** A plan from its first line to its pull request: nine events, their sessions, times and cost, reported by real hooks. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callRoute, type DaemonFile, openRoute, readDaemonFile } from "../cli/daemon-client.ts";
import type { PlanDetail } from "../schema/api-plans.ts";
import { EVENT_TYPE_NAMES, EVENT_TYPES } from "../schema/event-catalogue.ts";
import { BUN_SEAL } from "../schema/names.ts";
import { until } from "./demo-fakes.ts";
import { createAgents, PR_URL } from "./demo-plans-agent.ts";
import type { Report } from "./demo-report.ts";

const MAIN = join(import.meta.dir, "../cli/main.ts");
const [ONE, TWO] = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"];
/** Each row: what happened, to which feature, in which try, and who did it. */
type Recorded = [
  type: string,
  feature: string,
  attempt: number | undefined,
  session: string,
  quality: string,
];

const WANTED: Recorded[] = [
  ["plan_created", "", undefined, ONE, "exact"],
  ["plan_optimized", "", undefined, ONE, "exact"],
  ...["A", "B", "C", "D"].map((id): Recorded => ["feature_created", id, undefined, ONE, "exact"]),
  ["orchestration_started", "", undefined, ONE, "exact"],
  ["feature_started", "A", 1, ONE, "exact"],
  ["feature_completed", "A", 1, ONE, "exact"],
  ["feature_started", "B", 1, ONE, "exact"],
  ["feature_started", "C", 1, TWO, "exact"],
  ["feature_failed", "C", 1, TWO, "exact"],
  ["feature_started", "C", 2, TWO, "exact"],
  ["feature_completed", "B", 1, ONE, "exact"],
  ["feature_completed", "C", 2, TWO, "exact"],
  ["feature_started", "D", 1, ONE, "exact"],
  ["feature_completed", "D", 1, ONE, "exact"],
  ["orchestration_completed", "", undefined, ONE, "exact"],
  ["pr_created", "", undefined, ONE, "exact"],
];

export async function demoPlans(report: Report): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "hall-demo-"));
  try {
    const stories: string[] = [];
    for (const watch of [true, false]) {
      const folder = join(home, String(watch));
      mkdirSync(folder);
      stories.push(await story(report, folder, watch));
    }
    report.expect("EC006", "with watching off the digest of the events is the same", stories[1], stories[0]);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Gives the digest of what was reported. */
async function story(report: Report, home: string, watch: boolean): Promise<string> {
  report.title(`Four features, two sessions, watching ${watch ? "on" : "off"}`);
  const data = join(home, "data");
  const agents = createAgents(home, data);
  await using recorder = createRecorder(home, data, watch);
  await untilAllWork(agents, recorder);
  await whileDown(report, agents, recorder);
  const recorded = await recorder.recorded();
  await checkEvents(report, recorder, recorded);
  await money(report, recorder, await checkPlan(report, recorder));
  await recorder.kill();
  await recorder.start();
  await recorder.untilPlace("dev/complete/shop-plan");
  report.expect(
    "F010",
    "after a further kill and restart nothing is reported again",
    await recorder.recorded(),
    recorded,
  );
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(recorded)).digest("hex");
}

/** From the plan to the features that two sessions work on. */
async function untilAllWork(agents: Agents, recorder: Recorder): Promise<void> {
  await recorder.start();
  for (const session of [ONE, TWO]) await agents.start(session);
  await agents.writePlan(ONE);
  await recorder.untilEvents(1);
  await agents.writeManifest(ONE);
  await recorder.untilEvents(6);
  await agents.prompt(ONE, "/plan-orchestrate shop-plan");
  await recorder.untilEvents(7);
  await agents.set(ONE, "A", "in_progress");
  await recorder.untilEvents(8);
  await agents.set(ONE, "A", "completed");
  await agents.set(ONE, "B", "in_progress");
  await agents.set(TWO, "C", "in_progress");
  await recorder.untilEvents(11);
}

/** The rest, in which the recorder is down twice. */
async function whileDown(report: Report, agents: Agents, recorder: Recorder): Promise<void> {
  report.note("the recorder is killed with SIGKILL in the moment of a change");
  const failing = agents.set(TWO, "C", "failed");
  await recorder.kill();
  await failing;
  report.note("two transitions while it is down: C is tried again, B is completed");
  await agents.set(TWO, "C", "in_progress");
  await agents.set(ONE, "B", "completed");
  await recorder.start();
  await recorder.untilEvents(14);
  await agents.set(TWO, "C", "completed");
  await recorder.untilEvents(15);
  report.note("and once more it is stopped, while the last feature is done");
  await recorder.stop();
  await agents.set(ONE, "D", "in_progress");
  await agents.set(ONE, "D", "completed");
  await recorder.start();
  await recorder.untilEvents(18);
  await agents.openPr(ONE);
  await recorder.untilEvents(19);
  await agents.moveAway(ONE);
  await recorder.untilPlace("dev/complete/shop-plan");
}

async function checkEvents(report: Report, recorder: Recorder, recorded: Recorded[]): Promise<void> {
  report.expect(
    "F010.A1",
    "every event exactly once per try, in order, by the right session",
    recorded,
    WANTED,
  );
  report.expect(
    "F023",
    "GET /events/plans gives the same from the beginning",
    await recorder.streamed(recorded.length),
    recorded.map(([type]) => type),
  );
  const types = EVENT_TYPE_NAMES.filter((t) => EVENT_TYPES[t] === "plan");
  report.expect(
    "F010",
    "all nine types",
    types.filter((t) => recorded.some(([type]) => type === t)).length,
    9,
  );
}

async function checkPlan(report: Report, recorder: Recorder): Promise<PlanDetail> {
  const plan = await recorder.plan();
  report.expect(
    "F021.A1",
    "the plan is completed",
    [plan.state, plan.progress_percent, plan.pr_url],
    ["completed", 100, PR_URL],
  );
  const tries = plan.feature_list.map((f) => f.attempts.map((a) => a.outcome));
  report.expect("F021.A2", "tries and their ends", tries, [
    ["completed"],
    ["completed"],
    ["failed", "completed"],
    ["completed"],
  ]);
  return plan;
}

async function money(report: Report, recorder: Recorder, plan: PlanDetail): Promise<void> {
  const within = (await recorder.requests()).filter(
    (r) =>
      r.time_unix_ms >= plan.started_unix_ms! &&
      r.time_unix_ms < (plan.ended_unix_ms ?? Number.POSITIVE_INFINITY),
  );
  const cost = within.reduce((n, r) => n + (r.cost_nano_usd ?? 0), 0);
  const parts = [...plan.feature_list.map((f) => f.totals), plan.overhead].map((t) => t.cost_nano_usd ?? 0);
  report.expect(
    "F021",
    "features and overhead cost what the requests cost, to the nano-dollar",
    parts.reduce((a, b) => a + b, 0),
    cost,
  );
  report.expect("F021", "and that is not nothing", cost > 0 && parts.filter((n) => n > 0).length >= 4, true);
  for (const f of plan.feature_list)
    report.note(
      `${f.feature_id}  ${f.attempts.length} tries  $${((f.totals.cost_nano_usd ?? 0) / 1e9).toFixed(6)}`,
    );
}

type Recorder = ReturnType<typeof createRecorder>;
type Agents = ReturnType<typeof createAgents>;

function spawnRecorder(home: string, data: string, watch: boolean): Bun.Subprocess {
  return Bun.spawn([process.execPath, ...BUN_SEAL, MAIN, "start"], {
    cwd: home,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      HALL_DATA_DIR: data,
      HALL_PORT: "0",
      HALL_TIME_ZONE: "UTC",
      HALL_SCAN_INTERVAL_MS: "300",
      PLANS_WATCH_MANIFEST: String(watch),
    },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
}

/** The types of the first messages of the stream of plans. */
async function streamed(daemon: DaemonFile, count: number): Promise<string[]> {
  const answer = await openRoute(daemon, "GET /events/plans", { query: { last_event_id: "0" } });
  let text = "";
  const types = () =>
    text
      .split("\n\n")
      .filter((message) => message.includes("event: plan"))
      .map((message) => /"event_type":"(\w+)"/.exec(message)?.[1] ?? "");
  answer.on("data", (chunk) => {
    text += String(chunk);
  });
  answer.on("error", () => {});
  await until(`${count} messages`, () => types().length >= count);
  answer.destroy();
  return types();
}

function createRecorder(home: string, data: string, watch: boolean) {
  let child: Bun.Subprocess | undefined;
  const daemon = (): DaemonFile => {
    const file = readDaemonFile(data);
    if (!file?.url || file.pid !== child?.pid) throw new Error("the recorder is not there");
    return file;
  };
  const events = async () =>
    (await callRoute(daemon(), "GET /api/plans/events", { query: { limit: 200 } })).data;

  return {
    plan: async () =>
      (await callRoute(daemon(), "GET /api/plans/:name", { params: { name: "shop-plan" } })).data,
    requests: async () => (await callRoute(daemon(), "GET /api/requests", { query: { limit: 1000 } })).data,
    async start(): Promise<void> {
      child = spawnRecorder(home, data, watch);
      await until(
        "the recorder answers",
        () => readDaemonFile(data)?.pid === child?.pid && readDaemonFile(data)?.url != null,
      );
    },
    async kill(): Promise<void> {
      child?.kill("SIGKILL");
      await child?.exited;
    },
    async stop(): Promise<void> {
      child?.kill("SIGTERM");
      await child?.exited;
    },
    untilEvents: (count: number) => until(`${count} events`, async () => (await events()).length >= count),
    untilPlace: (folder: string) =>
      until(`the plan lies in ${folder}`, async () => {
        const found = await callRoute(daemon(), "GET /api/plans", {}).catch(() => undefined);
        return found?.data.some((p) => p.path.endsWith(folder)) ?? false;
      }),
    streamed: (count: number) => streamed(daemon(), count),
    async recorded(): Promise<Recorded[]> {
      return (await events()).map((e) => {
        const data = e.data as { feature_id?: string; attempt?: number; time_quality?: string };
        return [e.event_type, data.feature_id ?? "", data.attempt, e.session_id, data.time_quality ?? ""];
      });
    },
    async [Symbol.asyncDispose]() {
      child?.kill("SIGKILL");
      await child?.exited;
    },
  };
}
