/** Invented agents that work on a plan: real changes of real files, reported by the hooks as the client runs them. */
import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import hooks from "../hooks/hooks.json" with { type: "json" };
import type { FeatureStatus } from "../schema/plan.ts";

const ROOT = join(import.meta.dir, "..");
// biome-ignore lint/suspicious/noTemplateCurlyInString: the client's own placeholder
const PLUGIN_ROOT = "${CLAUDE_PLUGIN_ROOT}";
const FOLDER = "dev/active/shop-plan";
export const PR_URL = "https://github.com/acme/shop/pull/7";
/** The parallel pair is B and C. */
const DEPENDS: Record<string, string[]> = { A: [], B: ["A"], C: ["A"], D: ["B", "C"] };

type Payload = Record<string, unknown>;
type Place = { home: string; data_dir: string; project: string };
type Tool = (session: string, tool_name: string, tool_input: Payload, work: () => string) => Promise<void>;

async function runHook(
  { home, data_dir, project }: Place,
  session_id: string,
  hook_event_name: keyof typeof hooks.hooks,
  more: Payload = {},
): Promise<void> {
  const { command, args } = hooks.hooks[hook_event_name][0]!.hooks[0]!;
  const [program, ...rest] = [command, ...args].map((part) => part.replaceAll(PLUGIN_ROOT, ROOT));
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    HALL_DATA_DIR: data_dir,
    HALL_AUTOSTART: "false",
  };
  const child = Bun.spawn([program!, ...rest], {
    env,
    cwd: project,
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
  });
  child.stdin.write(
    JSON.stringify({ session_id, hook_event_name, cwd: project, permission_mode: "default", ...more }),
  );
  await child.stdin.end();
  if ((await child.exited) !== 0) throw new Error(`the hook of ${hook_event_name} failed`);
}

const line = (id: string, status: FeatureStatus) =>
  JSON.stringify({
    id,
    file: `prompts/${id}.md`,
    description: `Feature ${id}`,
    depends_on: DEPENDS[id],
    edge_cases: [],
    decisions: [],
    code_refs: [],
    status,
    verification: "bun test",
  });

const write = (path: string, text: string) => () => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  return "";
};

/** What the call cost, as the client's transcript has it. */
function bill({ home, project }: Place, session: string, calls: number): void {
  const folder = join(home, ".claude/projects/-shop");
  mkdirSync(folder, { recursive: true });
  const usage = {
    input_tokens: 1000 + calls * 7,
    output_tokens: 333,
    cache_read_input_tokens: calls * 1001,
  };
  const message = { id: `msg_demo_${calls}`, type: "message", role: "assistant", model: "claude-opus-5-5" };
  const answer = { ...message, stop_reason: "end_turn", content: [{ type: "text", text: "x" }], usage };
  const base = {
    type: "assistant",
    uuid: crypto.randomUUID(),
    sessionId: session,
    cwd: project,
    version: "2.1.332",
  };
  const at = { timestamp: new Date().toISOString(), requestId: `req_demo_${calls}`, isSidechain: false };
  appendFileSync(
    join(folder, `${session}.jsonl`),
    `${JSON.stringify({ ...base, ...at, message: answer })}\n`,
  );
}

/** Tool calls from start to end; what each does is really done in between. */
function createTool(place: Place): Tool {
  let calls = 0;
  return async (session, tool_name, tool_input, work) => {
    const call = { tool_name, tool_input, tool_use_id: `toolu_demo_${calls++}` };
    await runHook(place, session, "PreToolUse", call);
    const stdout = work();
    await runHook(place, session, "PostToolUse", {
      ...call,
      tool_response: { stdout, stderr: "", interrupted: false },
    });
    bill(place, session, calls);
  };
}

/** The files of the plan, and the edits of their features. */
function planFiles(project: string, tool: Tool) {
  const manifest = join(project, FOLDER, "manifest.jsonl");
  const states: Record<string, FeatureStatus> = { A: "pending", B: "pending", C: "pending", D: "pending" };
  return {
    writePlan: (session: string) => {
      const file_path = join(project, FOLDER, "plan.md");
      return tool(session, "Write", { file_path, content: "# Shop\n" }, write(file_path, "# Shop\n"));
    },
    writeManifest: (session: string) => {
      const content = Object.entries(states)
        .map(([id, s]) => `${line(id, s)}\n`)
        .join("");
      return tool(session, "Write", { file_path: manifest, content }, write(manifest, content));
    },
    set(session: string, id: string, status: FeatureStatus): Promise<void> {
      const [old_string, new_string] = [line(id, states[id]!), line(id, status)];
      states[id] = status;
      const edit = () => write(manifest, readFileSync(manifest, "utf8").replace(old_string, new_string))();
      return tool(session, "Edit", { file_path: manifest, old_string, new_string }, edit);
    },
  };
}

/** The commands, with an invented `gh`. */
function planCommands(home: string, project: string, tool: Tool) {
  const bin = join(home, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "gh"), `#!/bin/sh\necho ${PR_URL}\n`);
  chmodSync(join(bin, "gh"), 0o755);
  return {
    openPr: (session: string) => {
      const command = "gh pr create --head plan/shop-plan --fill";
      const env = { PATH: `${bin}:/usr/bin:/bin` };
      const run = () => Bun.spawnSync(["sh", "-c", command], { env, cwd: project }).stdout.toString();
      return tool(session, "Bash", { command }, run);
    },
    moveAway: (session: string) => {
      const command = "mkdir -p dev/complete && mv dev/active/shop-plan dev/complete/";
      const run = () => Bun.spawnSync(["sh", "-c", command], { cwd: project }).stdout.toString();
      return tool(session, "Bash", { command }, run);
    },
  };
}

export function createAgents(home: string, data_dir: string) {
  const project = join(home, "shop");
  mkdirSync(project, { recursive: true });
  const place = { home, data_dir, project };
  const tool = createTool(place);
  return {
    project,
    start: (session: string) => runHook(place, session, "SessionStart", { source: "startup" }),
    end: (session: string) => runHook(place, session, "SessionEnd", { reason: "other" }),
    prompt: (session: string, prompt: string) => runHook(place, session, "UserPromptSubmit", { prompt }),
    ...planFiles(project, tool),
    ...planCommands(home, project, tool),
  };
}
