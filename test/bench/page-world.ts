import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BACKFILL } from "./corpus.ts";
import { benchRoot, cleanEnv, mustSucceed, run } from "./measure.ts";
import { type Call, writeHooks } from "./page-hooks.ts";

const DAY = 86_400_000;
const SESSIONS = 1800;
const TOOLS = ["Bash", "Read", "Edit", "Grep", "WebFetch"];
const MODELS = ["claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"];
const CALLS_PER_PROMPT = 20;
/** The session that is opened, with so many requests. */
export const LARGE = "00000000-0000-4000-8000-00000000ffff";
const LARGE_CALLS = 5000;
const HOOKED = 5;
const LIVE = "11111111-0000-4000-8000-000000000000";

const idOf = (n: number) => `${n.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
const time = (at: number) => new Date(at).toISOString();

const folderOf = (n: number) => `/home/dev/project-${n % 25}`;

function callsOf(session: string, n: number, calls: number, end: number): Call[] {
  const step = 4000 + (n % 7) * 900;
  return Array.from({ length: calls }, (_, i) => ({
    id: `t${session.slice(0, 8)}${session.slice(-4)}${i}`,
    tool: TOOLS[(i + n) % TOOLS.length]!,
    command: `bun test test/cart-${i % 50}.test.ts`,
    at: end - (calls - i) * step,
    is_error: i % 37 === 5,
  }));
}

/** A prompt, a call with its response, and the result of the call, as Claude Code writes them. */
function lines(session: string, n: number, calls: readonly Call[]): string {
  const cwd = folderOf(n);
  const head = `"sessionId":"${session}","cwd":"${cwd}","version":"2.1.329","gitBranch":"feat/${n % 40}"`;
  const out: string[] = [];
  for (const [i, call] of calls.entries()) {
    const id = call.id.slice(1);
    if (i % CALLS_PER_PROMPT === 0)
      out.push(
        `{"type":"user","uuid":"p${id}","promptId":"p${id}",${head},"timestamp":"${time(call.at - 1000)}","message":{"role":"user","content":"Task ${n}, part ${i}: make the cart total right"}}`,
      );
    const usage = `{"input_tokens":${50 + (i % 90)},"output_tokens":${200 + (i % 700)},"cache_read_input_tokens":${20_000 + i * 11},"cache_creation_input_tokens":${900 + (i % 800)}}`;
    out.push(
      `{"type":"assistant","uuid":"a${id}",${head},"timestamp":"${time(call.at)}","requestId":"req_${id}","message":{"id":"msg_${id}","role":"assistant","model":"${MODELS[n % 3]}","stop_reason":"tool_use","content":[{"type":"tool_use","id":"${call.id}","name":"${call.tool}","input":{"command":"${call.command}"}}],"usage":${usage}}}`,
      `{"type":"user","uuid":"r${id}",${head},"timestamp":"${time(call.at + 1500)}","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"${call.id}","content":"12 pass","is_error":${call.is_error}}]}}`,
    );
  }
  return `${out.join("\n")}\n`;
}

export type PageWorld = { env: Record<string, string>; config: string; dataDir: string };

/**
 * A store with 1,800 sessions over 90 days, a third of them of today and yesterday, and about `events` events. It is
 * used again until the day is over, so that the parts of the bench can run one by one.
 */
export async function preparePageWorld(events: number): Promise<PageWorld> {
  const name = `hall-bench-page-${events}-`;
  const folder = join(benchRoot(), name + new Date().toISOString().slice(0, 10));
  const [config, dataDir, ready] = [join(folder, "claude"), join(folder, "data"), join(folder, "ready")];
  const env = cleanEnv(folder, { CLAUDE_CONFIG_DIR: config, CODEX_HOME: join(folder, "codex") });
  if (existsSync(ready)) return { env, config, dataDir };
  for (const old of readdirSync(benchRoot()).filter((entry) => entry.startsWith(name)))
    rmSync(join(benchRoot(), old), { recursive: true, force: true });
  writePageWorld({ config, dataDir }, events, Date.now());
  mustSucceed(await run(BACKFILL, env), "backfill");
  writeFileSync(ready, "");
  return { env, config, dataDir };
}

/** Of every fifth session there are hooks and telemetry, too. */
function writePageWorld({ config, dataDir }: Omit<PageWorld, "env">, events: number, now: number): void {
  const projects = join(config, "projects", "-home-dev");
  mkdirSync(projects, { recursive: true });
  const most = Math.round((events - 3 * LARGE_CALLS) / SESSIONS / (3 + 3 / HOOKED));
  const write = (session_id: string, n: number, calls: Call[]) => {
    writeFileSync(join(projects, `${session_id}.jsonl`), lines(session_id, n, calls));
    if (n % HOOKED === 0) writeHooks(dataDir, { n, session_id, cwd: folderOf(n), calls });
  };
  for (let n = 0; n < SESSIONS; n++) {
    const days = n % 3 === 0 ? (n % 200) / 100 : (n % 90) + 1;
    write(idOf(n), n, callsOf(idOf(n), n, most, now - 60_000 - days * DAY));
  }
  write(LARGE, 1, callsOf(LARGE, 1, LARGE_CALLS, now - 2 * DAY));
}

/** Appends so many billed responses to a session that is at work. */
export function appendResponses(config: string, count: number, from: number, session = LIVE): void {
  const usage = `{"input_tokens":900,"output_tokens":300,"cache_read_input_tokens":30000,"cache_creation_input_tokens":0}`;
  const rows = Array.from(
    { length: count },
    (_, i) =>
      `{"type":"assistant","uuid":"l${from + i}","sessionId":"${session}","cwd":"/home/dev/live","version":"2.1.329","timestamp":"${time(Date.now())}","requestId":"req_l${from + i}","message":{"id":"msg_l${from + i}","role":"assistant","model":"${MODELS[0]}","stop_reason":"end_turn","content":[{"type":"text","text":"done"}],"usage":${usage}}}`,
  );
  appendFileSync(join(config, "projects", "-home-dev", `${session}.jsonl`), `${rows.join("\n")}\n`);
}
