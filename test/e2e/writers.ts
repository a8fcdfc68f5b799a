import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SILENT } from "../hooks/fire.ts";
import { assistant, jsonl } from "../world.ts";
import { type Home, ROOT } from "./daemon.ts";
import { appendRecords, spoolRecord, toolStarted } from "./records.ts";

/** What the writers know to be written in full: no less and no more may be stored. */
export type Accepted = { hooks: string[]; responses: string[]; output_tokens: number; codex_tokens: number };

const BURST = 12;
const PAUSE_MS = 10;
const ROLLOUTS = [
  ["rollout-2026-11-20T17-51-57-01a1fa16-228d-7c00-b24a-14c635de372a.jsonl", 37_580],
  ["rollout-2026-11-20T17-52-09-01a1fa16-51c4-72b1-9d43-496f1e67c164.jsonl", 508_230],
] as const;

/** Eight writers at once, as a busy machine has them, until they are stopped. */
export function startWriters(home: Home) {
  const accepted: Accepted = { hooks: [], responses: [], output_tokens: 0, codex_tokens: 0 };
  let isRunning = true;
  const go = () => isRunning;
  const writers = [
    ...["r1", "r2", "r3"].map((name) => writeRecords(home, name, accepted, go)),
    ...["p1", "p2"].map((name) => fireHooks(home, name, accepted, go)),
    ...["t1", "t2"].map((name) => writeTranscript(home, name, accepted, go)),
    writeRollouts(home, accepted),
  ];
  const stop = async (): Promise<void> => {
    isRunning = false;
    await Promise.all(writers);
  };
  return { accepted, stop, [Symbol.asyncDispose]: stop };
}

type Go = () => boolean;

async function writeRecords(home: Home, name: string, accepted: Accepted, go: Go): Promise<void> {
  for (let n = 0; go(); n += BURST) {
    const ids = Array.from({ length: BURST }, (_, i) => `${name}-${n + i}`);
    appendRecords(
      home.data,
      ids.map((id) => spoolRecord(`e-${id}`, toolStarted(name, id))),
    );
    accepted.hooks.push(...ids);
    await Bun.sleep(PAUSE_MS);
  }
}

async function fireHooks(home: Home, name: string, accepted: Accepted, go: Go): Promise<void> {
  for (let n = 0; go(); n++) {
    const fired = await home.fire("PreToolUse", toolStarted(name, `${name}-${n}`));
    if (fired.code !== SILENT.code || fired.stdout !== "") throw new Error(`a hook spoke: ${fired.stdout}`);
    accepted.hooks.push(`${name}-${n}`);
  }
}

/** Each response comes on two lines, the second with the final figures; now and then a line comes in two parts. */
async function writeTranscript(home: Home, name: string, accepted: Accepted, go: Go): Promise<void> {
  const path = home.at(`.claude/projects/-w-app/${name}.jsonl`);
  for (let n = 0; go(); n++) {
    const id = `msg_01${name}n${n}`;
    const line = (output_tokens: number, stop_reason: string | null) =>
      jsonl(
        assistant({
          sessionId: name,
          requestId: `req_${name}n${n}`,
          message: { id, stop_reason },
          usage: { input_tokens: 10, output_tokens },
        }),
      );
    const final = line(1000 + n, "end_turn");
    appendFileSync(path, line(1, null));
    if (n % 7 === 0) {
      appendFileSync(path, final.slice(0, 100));
      await Bun.sleep(PAUSE_MS);
      appendFileSync(path, final.slice(100));
    } else appendFileSync(path, final);
    accepted.responses.push(`claude:${id}`);
    accepted.output_tokens += 1000 + n;
    await Bun.sleep(PAUSE_MS / 2);
  }
}

async function writeRollouts(home: Home, accepted: Accepted): Promise<void> {
  for (const [name, tokens] of ROLLOUTS) {
    const folder = "sessions/2026/11/20";
    const path = home.at(`.codex/${folder}/${name}`);
    for (const line of readFileSync(join(ROOT, "test/fixtures/codex/home", folder, name), "utf8").split(
      "\n",
    )) {
      if (line !== "") appendFileSync(path, `${line}\n`);
      await Bun.sleep(PAUSE_MS);
    }
    accepted.codex_tokens += tokens;
  }
}
