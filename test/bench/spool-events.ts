import { appendRecords, spoolRecord } from "../e2e/records.ts";
import { appendResponses } from "./page-world.ts";

const SESSION_MS = 300_000;
const PROMPT_CALLS = 40;
/** Of five events: two calls of a tool, each before and after, and a billed response. */
const PATTERN = ["before", "after", "before", "after", "response"] as const;
const TOOLS = ["Bash", "Read", "Edit", "Grep"];

/** What agents at work leave: records in the spool as the hook writes them, and lines in transcripts. */
export function createRecorder(dataDir: string, config: string) {
  // Of no other run on the same store.
  const run = Date.now();
  let sent = 0;
  let calls = 0;
  function hook(hook_event_name: string, more: object): void {
    const session = { session_id: sessionNow(), cwd: "/home/dev/live", permission_mode: "default" };
    appendRecords(dataDir, [spoolRecord(crypto.randomUUID(), { ...session, hook_event_name, ...more })]);
  }
  function next(): void {
    const step = PATTERN[sent % PATTERN.length]!;
    sent++;
    if (step === "response") {
      appendResponses(config, 1, run + sent, sessionNow());
      return;
    }
    if (step === "before" && ++calls % PROMPT_CALLS === 1)
      hook("UserPromptSubmit", { prompt: `Task ${calls}` });
    const tool_input = { command: `bun test src/cart-${calls % 90}.test.ts`, description: "Run one test" };
    const tool = { tool_name: TOOLS[calls % TOOLS.length], tool_use_id: `toolu_${run}_${calls}`, tool_input };
    if (step === "before") hook("PreToolUse", tool);
    else hook("PostToolUse", { ...tool, tool_response: { stdout: `12 pass ${calls}`, stderr: "" } });
  }
  return {
    /** At so many events a second, for so many seconds. */
    async run(per_s: number, seconds: number, atSecond: (s: number) => Promise<void> | void = () => {}) {
      const started = performance.now();
      for (let s = 0; s < seconds; s++) {
        for (let i = 0; i < per_s; i++) next();
        await atSecond(s);
        await Bun.sleep(Math.max(0, started + (s + 1) * 1000 - performance.now()));
      }
    },
  };
}

/** A person begins another session now and then. */
function sessionNow(): string {
  return `11111111-0000-4000-8000-${String(Math.floor(Date.now() / SESSION_MS)).padStart(12, "0")}`;
}
