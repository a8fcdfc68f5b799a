/** Capture modes from one end to the other: the drill with a real recorder, and the arithmetic of a crash loop. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callRoute, type DaemonFile, readDaemonFile } from "../cli/daemon-client.ts";
import { createAppStream, type StreamChild } from "../collector/stream/app-stream.ts";
import { createRestarts } from "../collector/stream/restarts.ts";
import type { Capture } from "../schema/api-capture.ts";
import type { CaptureMode } from "../schema/capture.ts";
import type { Report } from "./demo-report.ts";

const ROOT = join(import.meta.dir, "..");
const VISIBLE_MS = 5000;
const PATIENCE_MS = 20_000;

type Recorder = { daemon: DaemonFile; home: string; stop(): Promise<void> };

export async function demoCapture(report: Report): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "hall-demo-"));
  try {
    await drill(report, home);
    loops(report);
    await login(report);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function startRecorder(home: string): Promise<Recorder> {
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: home,
    HALL_DATA_DIR: join(home, "data"),
    HALL_PORT: "0",
    HALL_SCAN_INTERVAL_MS: "500",
    HALL_AUTOSTART: "false",
  };
  const child = Bun.spawn([process.execPath, join(ROOT, "cli/main.ts"), "start", "--json"], {
    env,
    stdout: "ignore",
    stderr: "pipe",
    stdin: "ignore",
  });
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const daemon = readDaemonFile(join(home, "data"));
    if (daemon?.url)
      return {
        daemon,
        home,
        stop: async () => {
          child.kill();
          await child.exited;
        },
      };
    await Bun.sleep(50);
  }
  child.kill();
  throw new Error("the recorder did not start");
}

const captureOf = async ({ daemon }: Recorder): Promise<Capture> =>
  (await callRoute(daemon, "GET /api/capture")).data;

/** How long it took until the mode of Claude was this one; −1 if it never was. */
async function untilMode(recorder: Recorder, wanted: CaptureMode, keepUp: () => void): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < PATIENCE_MS) {
    keepUp();
    if ((await captureOf(recorder)).agents.find((a) => a.agent === "claude")?.mode === wanted)
      return Math.round(performance.now() - began);
    await Bun.sleep(100);
  }
  return -1;
}

async function switchStream(recorder: Recorder, enabled: boolean): Promise<void> {
  await callRoute(recorder.daemon, "POST /api/capture/stream", { body: { enabled } });
}

async function runHook(home: string): Promise<void> {
  const body = JSON.stringify({
    session_id: "demo",
    hook_event_name: "UserPromptSubmit",
    cwd: "/demo",
    prompt: "go on",
  });
  const child = Bun.spawn([process.execPath, join(ROOT, "hooks/emit.js")], {
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      HALL_DATA_DIR: join(home, "data"),
      HALL_AUTOSTART: "false",
    },
    stdin: new TextEncoder().encode(body),
    stdout: "ignore",
    stderr: "ignore",
  });
  await child.exited;
}

async function drill(report: Report, home: string): Promise<void> {
  report.title("The drill: the live part goes and comes back, the history never stops");
  const project = join(home, ".claude", "projects", "-demo");
  mkdirSync(project, { recursive: true });
  const line = () =>
    `${JSON.stringify({ type: "user", sessionId: "demo", uuid: crypto.randomUUID(), timestamp: new Date().toISOString(), message: { role: "user", content: "go on" } })}\n`;
  const work = () => existsSync(project) && appendFileSync(join(project, "demo.jsonl"), line());
  let recorder = await startRecorder(home);
  try {
    work();
    await runHook(home);
    const first = await untilMode(recorder, "HYBRID_ACTIVE", work);
    report.expect("D-02", "history and hooks: HYBRID_ACTIVE", first >= 0, true);
    await switchStream(recorder, false);
    const off = await untilMode(recorder, "OTEL_ONLY", work);
    report.expect(
      "D-12",
      `the live part is switched off: OTEL_ONLY, never FAILURE, seen within 5 s (${off} ms)`,
      off >= 0 && off <= VISIBLE_MS,
      true,
    );
    await recorder.stop();
    recorder = await startRecorder(home);
    const kept = await untilMode(recorder, "OTEL_ONLY", work);
    report.expect("D-12", "a restart keeps the switch", kept >= 0, true);
    await switchStream(recorder, true);
    const on = await untilMode(recorder, "HYBRID_ACTIVE", work);
    report.expect("D-29", `switched on again: HYBRID_ACTIVE (${on} ms)`, on >= 0 && on <= VISIBLE_MS, true);
    await moveFolder(report, recorder, work);
  } finally {
    await recorder.stop();
  }
}

async function moveFolder(report: Report, recorder: Recorder, work: () => void): Promise<void> {
  const { home } = recorder;
  renameSync(join(home, ".claude"), join(home, ".claude-gone"));
  const gone = await untilMode(recorder, "FAILURE", () => {});
  report.expect(
    "D-05",
    `the folder of transcripts is gone: FAILURE within 5 s (${gone} ms)`,
    gone >= 0 && gone <= VISIBLE_MS,
    true,
  );
  renameSync(join(home, ".claude-gone"), join(home, ".claude"));
  const back = await untilMode(recorder, "HYBRID_ACTIVE", work);
  report.expect("D-29", `it is back: HYBRID_ACTIVE (${back} ms)`, back >= 0 && back <= VISIBLE_MS, true);
  const { transitions } = await captureOf(recorder);
  for (const t of transitions.toReversed()) report.note(`${t.from} → ${t.to}: ${t.reason}`);
  report.expect(
    "D-06",
    "one transition for each change since the restart",
    transitions.map((t) => t.to).toReversed(),
    ["HYBRID_ACTIVE", "FAILURE", "HYBRID_ACTIVE"],
  );
}

function loops(report: Report): void {
  report.title("An app-server that ends");
  const isLoop = (...seconds: number[]) => {
    const restarts = createRestarts();
    return seconds.map((s) => restarts.failed(s * 1000)).at(-1);
  };
  report.expect("D-09", "ends at 0, 30 and 60 s: crash_loop", isLoop(0, 30, 60), true);
  report.expect("D-09", "ends at 0, 30 and 61 s: it starts again", isLoop(0, 30, 61), false);
}

async function login(report: Report): Promise<void> {
  report.title("Its login");
  let send: (line: Uint8Array) => void = () => {};
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const stream = createAppStream({
    account: "demo",
    version: "demo",
    start(onLine): StreamChild {
      send = onLine;
      return { write: () => {}, stop: resolve, done };
    },
  });
  const post = (value: unknown) => send(new TextEncoder().encode(JSON.stringify(value)));
  const began = performance.now();
  stream.start();
  post({ id: 1, result: {} });
  post({ id: 2, result: { account: null } });
  report.expect(
    "D-29",
    "initialize and initialized within 5 s",
    [stream.status().handshake, performance.now() - began < VISIBLE_MS],
    ["initialized", true],
  );
  post({ method: "account/login/completed", params: { success: true, loginId: null } });
  report.expect(
    "D-07",
    "a completed login authenticates no account yet",
    stream.status().auth,
    "authenticating",
  );
  post({ method: "account/updated", params: { authMode: "chatgpt", planType: "pro" } });
  report.expect("D-07", "the account's update does", stream.status().auth, "authenticated");
  await stream.stop();
}
