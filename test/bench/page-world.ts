import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DAY = 86_400_000;
const SESSIONS = 1800;
const TOOLS = ["Bash", "Read", "Edit", "Grep", "WebFetch"];
const MODELS = ["claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"];
const CALLS_PER_PROMPT = 20;
/** The session that is opened, with so many requests. */
export const LARGE = "00000000-0000-4000-8000-00000000ffff";
const LARGE_CALLS = 5000;

const idOf = (n: number) => `${n.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`;
const time = (at: number) => new Date(at).toISOString();

/** A prompt, a call with its response, and the result of the call, as Claude Code writes them. */
function lines(session: string, n: number, calls: number, end: number): string {
  const cwd = `/home/dev/project-${n % 25}`;
  const head = `"sessionId":"${session}","cwd":"${cwd}","version":"2.1.329","gitBranch":"feat/${n % 40}"`;
  const step = 4000 + (n % 7) * 900;
  const out: string[] = [];
  for (let i = 0; i < calls; i++) {
    const at = end - (calls - i) * step;
    const id = `${session.slice(0, 8)}${session.slice(-4)}${i}`;
    if (i % CALLS_PER_PROMPT === 0)
      out.push(
        `{"type":"user","uuid":"p${id}","promptId":"p${id}",${head},"timestamp":"${time(at - 1000)}","message":{"role":"user","content":"Task ${n}, part ${i}: make the cart total right"}}`,
      );
    const usage = `{"input_tokens":${50 + (i % 90)},"output_tokens":${200 + (i % 700)},"cache_read_input_tokens":${20_000 + i * 11},"cache_creation_input_tokens":${900 + (i % 800)}}`;
    const tool = TOOLS[(i + n) % TOOLS.length];
    out.push(
      `{"type":"assistant","uuid":"a${id}",${head},"timestamp":"${time(at)}","requestId":"req_${id}","message":{"id":"msg_${id}","role":"assistant","model":"${MODELS[n % 3]}","stop_reason":"tool_use","content":[{"type":"tool_use","id":"t${id}","name":"${tool}","input":{"command":"bun test test/cart-${i % 50}.test.ts"}}],"usage":${usage}}}`,
      `{"type":"user","uuid":"r${id}",${head},"timestamp":"${time(at + 1500)}","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t${id}","content":"12 pass","is_error":${i % 37 === 5}}]}}`,
    );
  }
  return `${out.join("\n")}\n`;
}

/** 1,800 sessions over 90 days, a third of them of today and yesterday, with about `events` events. */
export function writePageWorld(folder: string, events: number, now: number): string {
  const config = join(folder, "claude");
  const projects = join(config, "projects", "-home-dev");
  mkdirSync(projects, { recursive: true });
  const calls = Math.round((events - 3 * LARGE_CALLS) / 3 / SESSIONS);
  for (let n = 0; n < SESSIONS; n++) {
    const days = n % 3 === 0 ? (n % 200) / 100 : (n % 90) + 1;
    writeFileSync(join(projects, `${idOf(n)}.jsonl`), lines(idOf(n), n, calls, now - 60_000 - days * DAY));
  }
  writeFileSync(join(projects, `${LARGE}.jsonl`), lines(LARGE, 1, LARGE_CALLS, now - 2 * DAY));
  return config;
}

/** Appends so many billed responses to a session that is at work. */
export function appendResponses(config: string, count: number, from: number): void {
  const session = "11111111-0000-4000-8000-000000000000";
  const usage = `{"input_tokens":900,"output_tokens":300,"cache_read_input_tokens":30000,"cache_creation_input_tokens":0}`;
  const rows = Array.from(
    { length: count },
    (_, i) =>
      `{"type":"assistant","uuid":"l${from + i}","sessionId":"${session}","cwd":"/home/dev/live","version":"2.1.329","timestamp":"${time(Date.now())}","requestId":"req_l${from + i}","message":{"id":"msg_l${from + i}","role":"assistant","model":"${MODELS[0]}","stop_reason":"end_turn","content":[{"type":"text","text":"done"}],"usage":${usage}}}`,
  );
  appendFileSync(join(config, "projects", "-home-dev", `${session}.jsonl`), `${rows.join("\n")}\n`);
}
