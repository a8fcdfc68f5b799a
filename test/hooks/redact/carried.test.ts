import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readNow } from "../../../collector/reader.ts";
import { createSpool } from "../../../collector/sources/spool.ts";
import { type CaptureTexts, DEFAULT_CAPTURE } from "../../../schema/capture-settings.ts";
import { plantedSecrets } from "../../collector/redact/planted.ts";
import { spoolRecord } from "../../e2e/records.ts";
import { fireHook, ROOT, spoolRecords, tempFolder } from "../fire.ts";

type Json = Record<string, unknown>;
const FIXTURES = join(ROOT, "test/fixtures");
const RECORDED = {
  claude: ["claude/hooks", "claude-332/hooks"],
  codex: ["codex/hooks"],
} as const;

function recorded(agent: keyof typeof RECORDED): Json[] {
  return RECORDED[agent].flatMap((folder) =>
    readdirSync(join(FIXTURES, folder))
      .filter((name) => name.endsWith(".json"))
      .sort()
      // A process each: a part of the larger corpus has every event and tool.
      .filter((_, i) => folder !== "claude/hooks" || i % 4 === 0)
      .map((name) => JSON.parse(readFileSync(join(FIXTURES, folder, name), "utf8")) as Json),
  );
}

/** With a secret in a prompt, an input and a response. */
function withSecrets(payload: Json, n: number): Json {
  const secrets = plantedSecrets(17, 5);
  const secret = (i: number) => secrets[(n * 3 + i) % secrets.length]!.secret;
  const { tool_input, tool_response, prompt } = payload;
  return {
    ...payload,
    ...(typeof prompt === "string" && { prompt: `${prompt}\nuse ${secret(0)}` }),
    ...(tool_input !== undefined && {
      tool_input: { command: `A=${secret(1)} make`, ...(tool_input as Json) },
    }),
    ...(tool_response !== undefined && {
      tool_response: { stdout: `got ${secret(2)}\n`, was: tool_response },
    }),
  };
}

const AT = Date.UTC(2026, 10, 20);

/** What is stored of payloads that one hook process each has carried in this mode. */
async function rowsOf(
  payloads: Json[],
  agent: "claude" | "codex",
  carried: CaptureTexts,
  kept: CaptureTexts,
) {
  using data = tempFolder();
  const env = { HALL_DATA_DIR: data.path, HALL_CAPTURE: carried };
  const command = [join(ROOT, "hooks/hall"), agent];
  const records: Buffer[] = [];
  for (const [i, payload] of payloads.entries()) {
    using own = tempFolder();
    const place = { ...env, HALL_DATA_DIR: own.path };
    expect((await fireHook("Stop", `${JSON.stringify(payload)}\n`, { command, env: place })).code).toBe(0);
    const [record] = spoolRecords(own.path);
    records.push(spoolRecord(`e-${i}`, JSON.parse(record!.body.toString()), AT + i, record!.kind));
  }
  mkdirSync(join(data.path, "spool"));
  const path = join(data.path, "spool/202611200000.log");
  writeFileSync(path, Buffer.concat(records));
  const capture = { ...DEFAULT_CAPTURE, mode: kept };
  const read = await readNow(createSpool(capture), { path, from: undefined, budget_bytes: 1e9, capture });
  if (read.kind !== "read") throw new Error(read.kind);
  const { events, sessions, tool_calls, agents, turns, requests, rejects } = read.batch;
  expect(rejects).toEqual([]);
  expect(events.length).toBe(payloads.length);
  // A place in the spool is no fact of the payload.
  return {
    events,
    sessions,
    tool_calls,
    agents,
    turns,
    requests: requests.map((r) => ({ ...r, offset: 0 })),
  };
}

for (const agent of ["claude", "codex"] as const)
  for (const kept of ["redacted", "metadata"] as const) {
    const name = `T29 what ${agent}'s recorded hooks give is the same where their carriers wrote ${kept} and where they wrote all`;
    test(name, async () => {
      const payloads = recorded(agent);
      expect(payloads.length).toBeGreaterThan(40);
      expect(await rowsOf(payloads, agent, kept, kept)).toEqual(await rowsOf(payloads, agent, "full", kept));
    });

    test(`T29 ${name}, with secrets in them`, async () => {
      const payloads = recorded(agent).slice(0, 60).map(withSecrets);
      const [bare, whole] = [
        await rowsOf(payloads, agent, kept, kept),
        await rowsOf(payloads, agent, "full", kept),
      ];
      expect(bare).toEqual(whole);
    });
  }
