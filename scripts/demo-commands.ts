/** Two status programs and the real daemon: two cycles, then one of the programs is killed. */

import { join } from "node:path";
import { callRoute, type DaemonFile, openRoute, readDaemonFile, send, textOf } from "../cli/daemon-client.ts";
import { type Address, addressOf } from "../schema/api-address.ts";
import type { StatusDocument } from "../schema/api-limits.ts";
import { BUN_SEAL } from "../schema/names.ts";
import { createFakes, type Fakes, filesBelow, leaks, SECRETS, series, until } from "./demo-fakes.ts";
import type { Report } from "./demo-report.ts";

const MAIN = join(import.meta.dir, "../cli/main.ts");
const CAPTURES = "cctrack_sampler_captures_total";
const STREAM = "GET /events/limits";
const FAILURES = "cctrack_sampler_capture_failures_total";

/** All that answers with text. */
const ADDRESSES = [
  addressOf("GET /metrics"),
  addressOf("GET /status.json"),
  addressOf("GET /api/limits"),
  addressOf("GET /api/limits/history"),
  addressOf("GET /api/limits/history", { query: { resolution: "raw" } }),
  addressOf("GET /api/alerts"),
  addressOf("GET /api/metrics"),
  addressOf("GET /api/status"),
  addressOf("GET /api/sessions"),
];

export async function demoCommands(report: Report, folder: string): Promise<void> {
  report.title("Two status programs, asked every second by a real daemon");
  const fakes = createFakes(folder);
  await using daemon = await startDaemon(fakes, folder);
  const metrics = () => daemon.read(addressOf("GET /metrics"));
  const captured = async (source: string) => series(await metrics(), `${CAPTURES}{source="${source}"}`);
  const isStored = async () => series(await metrics(), "hall_spool_backlog_bytes") === 0;

  const seen = { ...daemon, metrics, captured, isStored };
  await twoCycles(report, fakes, seen);
  await withoutCodex(report, fakes, seen);
  const outputs = await daemon.outputs();
  const isStreamed = outputs.get(STREAM)?.includes("event: rate_limit");
  report.expect("E-A", "GET /events/limits streamed the readings", isStreamed, true);
  report.expect("C-12", `no secret in ${outputs.size} outputs of the daemon`, leaks(outputs), []);
}

type Seen = Awaited<ReturnType<typeof startDaemon>> & {
  metrics(): Promise<string>;
  captured(source: string): Promise<number | undefined>;
  isStored(): Promise<boolean>;
};

async function twoCycles(report: Report, fakes: Fakes, seen: Seen): Promise<void> {
  const { limits, usage, metrics, captured, isStored } = seen;
  await until("two cycles", async () => (await captured("claude")) === 2 && (await captured("codex")) === 2);
  await until("both are stored", isStored);
  await until("the third run waits", () => fakes.runs("codex") === 3 && fakes.runs("claude") === 3);
  report.expect("A-01", "the day's file holds two Claude and two Codex events", count(usage()), [2, 2]);
  const numbers = usage().map((line) => line.seq_no);
  report.expect("A-02", "their numbers are unique and increase", numbers, [1, 2, 3, 4]);
  const text = await metrics();
  report.expect("A-01", "GET /metrics counts two captures of each", captures(text), [2, 2]);
  report.expect(
    "A-13",
    "GET /metrics has Claude's session",
    series(text, 'claude_usage_ratio{window="session"}'),
    0.5,
  );
  const pace = series(text, 'claude_pace_ratio{window="session"}') ?? 0;
  report.expect(
    "A-14",
    "half used after a quarter of the window is a pace of 2",
    Math.round(pace * 100) / 100,
    2,
  );
  const now = await limits();
  report.expect(
    "A-16",
    "five dials have a value",
    now.dials.map((d) => d.used_percent),
    [30, 60, 50, 25, 10],
  );
  report.dials("after two cycles", now.dials);
}

async function withoutCodex(report: Report, fakes: Fakes, seen: Seen): Promise<void> {
  const { read, limits, usage, metrics, captured, isStored } = seen;
  report.title("The Codex program is killed");
  fakes.kill("codex");
  fakes.allow("claude", 4);
  const failed = async () => series(await metrics(), `${FAILURES}{source="codex"}`) ?? 0;
  await until("two more cycles", async () => (await captured("claude")) === 4 && (await failed()) >= 2);
  await until("all is stored", isStored);
  report.expect("A-03", "the day's file grew by Claude's events alone", count(usage()), [4, 2]);
  report.expect("A-03", "captures are four and two", captures(await metrics()), [4, 2]);
  const claudeFailures = series(await metrics(), `${FAILURES}{source="claude"}`);
  report.expect("A-03", "Claude has no failure", claudeFailures, 0);
  const after = await limits();
  const codex = after.sources.find((s) => s.source === "codex");
  report.expect("A-22", "the source's health names the failure", codex?.last_failure_class, "failed");
  report.note(
    `codex: ${codex?.captures} captures, ${codex?.failures} failures, ${codex?.last_failure_class}`,
  );
  report.expect("A-16", "its last values stay, with their age", after.dials[0]?.used_percent, 30);
  report.dials("after the kill", after.dials);
  const status = JSON.parse(await read(addressOf("GET /status.json"))) as StatusDocument;
  const slot = status.accounts.find((a) => a.source === "codex");
  report.expect("C-16", "GET /status.json does not offer it", [slot?.status, slot?.usable], ["error", false]);
}

const captures = (text: string) => ["claude", "codex"].map((s) => series(text, `${CAPTURES}{source="${s}"}`));
const count = (lines: UsageLine[]) =>
  ["claude", "codex"].map((s) => lines.filter((l) => l.source_tool === s).length);

type UsageLine = { source_tool: string; seq_no: number };

function spawnDaemon(fakes: Fakes, folder: string, data: string) {
  return Bun.spawn([process.execPath, ...BUN_SEAL, MAIN, "start", "--json"], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: folder,
      HALL_DATA_DIR: data,
      HALL_PORT: "0",
      HALL_TIME_ZONE: "UTC",
      HALL_AUTOSTART: "false",
      HALL_LIMITS_CADENCE_MS: "1000",
      CLAUDE_STATUS_PATH: fakes.create("claude", 2),
      CODEX_STATUS_PATH: fakes.create("codex", 2),
      OPENAI_API_KEY: SECRETS.key,
      ANTHROPIC_API_KEY: SECRETS.key,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function startDaemon(fakes: Fakes, folder: string) {
  const data = join(folder, "data");
  const child = spawnDaemon(fakes, folder, data);
  const printed = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await child.exited;
  };
  let file: DaemonFile | undefined;
  const isReady = () => {
    file = readDaemonFile(data);
    return child.exitCode !== null || (file?.pid === child.pid && file.url !== null);
  };
  await until("the daemon answers", isReady).catch(async (error: unknown) => {
    await end();
    throw error;
  });
  if (!file || child.exitCode !== null) throw new Error(`the daemon ended: ${(await printed).join("")}`);
  const daemon = file;
  const stream = await follow(daemon);
  const read = (address: Address) => send(daemon, address).then(textOf);
  const usage = () => filesBelow(join(data, "usage")).filter(([name]) => name.startsWith("usage-"));

  return {
    read,
    limits: async () => (await callRoute(daemon, "GET /api/limits")).data,
    /** The lines of the archive of readings. */
    usage: () =>
      usage().flatMap(([, text]) =>
        text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as UsageLine),
      ),
    /** All that it answers, streams, prints and writes; it has ended after that. */
    async outputs(): Promise<Map<string, string>> {
      const outputs = new Map<string, string>();
      for (const address of ADDRESSES) outputs.set(address.path, await read(address));
      outputs.set(STREAM, stream());
      await end();
      outputs.set("what the daemon printed", (await printed).join(""));
      for (const [name, text] of filesBelow(data)) outputs.set(name, text);
      return outputs;
    },
    [Symbol.asyncDispose]: end,
  };
}

/** What has come on a stream so far. */
async function follow(daemon: DaemonFile): Promise<() => string> {
  const answer = await openRoute(daemon, STREAM, {});
  let text = "";
  answer.on("data", (chunk) => {
    text += String(chunk);
  });
  // The daemon's end is the stream's.
  answer.on("error", () => {});
  return () => text;
}
