/** What agents, servers and folders hand in while the recorder runs: hooks, telemetry, status lines, plans, settings. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BUN_SEAL } from "../../schema/names.ts";
import type { Daemon, World } from "./page-rig.ts";
import { HOSTILE_SESSION, type Payloads } from "./payload-world.ts";
import { planFolder } from "./plan-world.ts";

const ROOT = join(import.meta.dir, "../..");

/** Before the start: settings that are shown, a budget of which the project is a payload, and two plans. */
export function writeSettings(world: World, p: Payloads): void {
  const budgets = [{ scope: "project", project: p.of("budget"), limit_usd: 1 }];
  const rates = { input: 1, output: 1 };
  const config = {
    budgets: [...budgets, { scope: "day", limit_usd: 0.01, at: [50] }],
    capture: { mode: "full" },
    prices: [{ model: p.of("pricedmodel"), usd_per_mtok: rates }],
    [p.of("unknownsetting")]: p.of("settingvalue"),
  };
  mkdirSync(world.dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(join(world.dataDir, "config.json"), JSON.stringify(config), { mode: 0o600 });
}

export function writePlans(world: World, p: Payloads): void {
  const inherited = planFolder(world, "constructor");
  world.env.HALL_PLAN_ROOTS = inherited.project;
  inherited.write([
    { id: "constructor", description: p.of("inherited"), depends_on: [] },
    { id: "toString", description: "two", depends_on: ["constructor"] },
  ]);
  const more = {
    file: `prompts/${p.of("featurefile")}.md`,
    edge_cases: [p.of("edgecase")],
    decisions: [p.of("decision")],
    verification: p.long("verification"),
  };
  planFolder(world, p.file("plan")).write(
    [
      { id: "A", description: p.long("feature"), depends_on: [] },
      { id: "B", description: p.of("feature"), depends_on: ["A", p.of("dependency")] },
    ],
    {},
    more,
  );
}

/** Real hook processes: what Claude Code sends in each of its events, with a payload in every text. */
export async function fireHooks(world: World, p: Payloads): Promise<void> {
  const of = {
    session_id: HOSTILE_SESSION,
    cwd: `/home/dev/${p.file("project")}`,
    prompt_id: "prompt-1",
    permission_mode: p.of("permission"),
    transcript_path: `/${p.of("transcriptpath")}`,
  };
  const call = {
    tool_name: p.of("tool"),
    tool_use_id: "toolu_h",
    tool_input: { command: p.long("command") },
  };
  const child = { agent_id: "a1", agent_type: p.of("agenttype") };
  const questions = [
    { question: p.of("question"), header: p.of("header"), options: [{ label: p.of("option") }] },
  ];
  const events: [string, object][] = [
    ["SessionStart", { source: p.of("startedby"), model: p.of("startmodel") }],
    ["UserPromptSubmit", { prompt: p.long("prompt") }],
    ["PreToolUse", call],
    ["PostToolUseFailure", { ...call, error: p.long("error") }],
    [
      "PreToolUse",
      { ...call, tool_use_id: "toolu_i", tool_input: { [p.of("inputname")]: p.of("inputvalue") } },
    ],
    ["PostToolUse", { ...call, tool_use_id: "toolu_i", tool_response: { stdout: p.of("response") } }],
    ["SubagentStart", child],
    ["PreToolUse", { ...child, ...call, tool_use_id: "toolu_c" }],
    ["SubagentStop", { ...child, last_assistant_message: p.of("lastmessage") }],
    ["Notification", { message: p.long("notice"), notification_type: p.of("noticetype") }],
    ["PreCompact", { trigger: p.of("trigger") }],
    ["PostCompact", { trigger: p.of("trigger"), compact_summary: p.of("compacted") }],
    ["PermissionDenied", { ...call, reason: p.of("deniedreason") }],
    ["StopFailure", { error: p.of("turnerror") }],
    ["Elicitation", { mcp_server_name: p.of("elicitserver"), message: p.of("elicited") }],
    ["ElicitationResult", { mcp_server_name: p.of("elicitserver"), action: p.of("elicitaction") }],
    ["PermissionRequest", { tool_name: "AskUserQuestion", tool_input: { questions } }],
  ];
  for (const [name, payload] of events) await world.fireHook(name, { ...of, ...payload });
  await world.fireHook(p.of("hookname"), of);
  // What the client gives out itself, as an agent of another hand might choose it.
  const chosen = { prompt_id: p.of("promptid"), agent_id: p.of("agentid"), agent_type: "Explore" };
  await world.fireHook("SubagentStart", { ...of, ...chosen });
  await world.fireHook("PreToolUse", { ...of, ...chosen, ...call, tool_use_id: p.of("callid") });
  const other = { session_id: p.of("sessionid"), cwd: `/home/dev/${p.file("otherproject")}` };
  await world.fireHook("SessionStart", { ...other, source: "startup", session_title: p.of("hooktitle") });
  await world.fireHook("UserPromptSubmit", { ...other, prompt: p.of("waitprompt") });
  await world.fireHook("PermissionRequest", {
    ...other,
    tool_name: p.of("waittool"),
    tool_input: { command: p.of("waitcommand") },
  });
  await world.fireHook("SessionEnd", {
    session_id: "__proto__",
    cwd: "/home/dev/__proto__",
    reason: p.of("endreason"),
  });
}

/** The real status line of an account with a name that every object has. */
export async function drawStatusline(world: World, p: Payloads, now: number): Promise<void> {
  const status = {
    session_id: HOSTILE_SESSION,
    model: { display_name: p.of("statusmodel"), id: p.of("statusmodelid") },
    workspace: { current_dir: `/${p.of("statusdir")}` },
    rate_limits: { five_hour: { used_percentage: 93, resets_at: Math.round(now / 1000) + 3600 } },
  };
  for (const account of ["constructor", "default"]) {
    const program = [join(ROOT, "hooks/statusline.js"), "--account", account];
    const child = Bun.spawn([process.execPath, ...BUN_SEAL, ...program], {
      env: world.env,
      stdin: Buffer.from(JSON.stringify(status)),
      stdout: "ignore",
    });
    if ((await child.exited) !== 0) throw new Error("the status line failed");
  }
}

/** Attributes of an export that name what it belongs to; a payload there would be another session's. */
const NAMES =
  /^(?:event\.name|session\.id|event\.timestamp|service\.name|decision|success|.*_(?:ms|tokens|usd|bytes))$/;

/** What the client exports of tools and requests, as it was recorded, with a payload in every other text. */
export async function sendTelemetry(daemon: Daemon, p: Payloads, now: number): Promise<void> {
  type Attribute = { key: string; value: { stringValue?: string } };
  const plant = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plant);
    if (typeof value !== "object" || value === null) return value;
    const { key, value: inner } = value as Attribute;
    if (key === "session.id") return { key, value: { stringValue: HOSTILE_SESSION } };
    if (key === "tool_use_id") return { key, value: { stringValue: "toolu_tool" } };
    if (key === "event.timestamp") return { key, value: { stringValue: new Date(now).toISOString() } };
    if (key !== undefined && inner?.stringValue !== undefined && !NAMES.test(key))
      return { key, value: { stringValue: p.of(`otlp${key.replaceAll(/[^a-z]/g, "")}`) } };
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        name === "timeUnixNano" ? `${now}000000` : plant(one),
      ]),
    );
  };
  const folder = join(ROOT, "test/fixtures/otlp/claude/json");
  const bodies = readdirSync(folder).filter((name) => name.endsWith("-logs.json"));
  for (const name of bodies.sort()) {
    const body = JSON.stringify(plant(JSON.parse(readFileSync(join(folder, name), "utf8"))));
    const sent = { method: "POST", body, headers: { "Content-Type": "application/json" } };
    const answer = await fetch(`${daemon.url}/v1/logs`, sent);
    if (answer.status !== 200) throw new Error(`${name}: ${await answer.text()}`);
  }
}
