import { startDaemon } from "./daemon.ts";
import { hookCommand, hookPayload } from "./hook.ts";
import { cleanEnv, type Figure, inFolder, quantile } from "./measure.ts";

const EVENTS = 60;
const WARM_UP = 5;

/** From the hook's start, and from the moment it stamped its record, to the frame in an open stream. */
export function benchLive(): Promise<Figure[]> {
  return inFolder(async (folder) => {
    const env = cleanEnv(folder, { CLAUDE_CONFIG_DIR: `${folder}/claude`, CODEX_HOME: `${folder}/codex` });
    const daemon = await startDaemon(env);
    try {
      const { fromStart, fromWrite } = await hookToFrame(daemon.url, env, EVENTS);
      return [
        { name: "hook start to SSE frame p50", value: quantile(fromStart, 0.5), unit: "ms" },
        { name: "hook start to SSE frame p95", value: quantile(fromStart, 0.95), unit: "ms" },
        { name: "hook write to SSE frame p50", value: quantile(fromWrite, 0.5), unit: "ms" },
        { name: "hook write to SSE frame p95", value: quantile(fromWrite, 0.95), unit: "ms", limit: 100 },
      ];
    } finally {
      await daemon.stop();
    }
  });
}

/** How long events of hooks take to an open stream, in ms. */
export async function hookToFrame(url: string, env: Record<string, string>, events: number) {
  const frames = await openStream(`${url}/events`);
  const command = hookCommand("PreToolUse");
  const fromStart: number[] = [];
  const fromWrite: number[] = [];
  for (let i = 0; i < events + WARM_UP; i++) {
    const id = `toolu_live_${i}_${Date.now()}`;
    const seen = frames.waitFor(id);
    const started = performance.timeOrigin + performance.now();
    await Bun.spawn(command, { env, stdin: Buffer.from(hookPayload(id)), stdout: "ignore", stderr: "ignore" })
      .exited;
    const { arrived, stamped } = await seen;
    if (i >= WARM_UP) fromStart.push(arrived - started);
    if (i >= WARM_UP) fromWrite.push(arrived - stamped);
    // Uneven pauses, or every event would meet the same moment of the daemon's own clock.
    await Bun.sleep(20 + ((i * 37) % 150));
  }
  frames.close();
  return { fromStart, fromWrite };
}

type Arrival = { arrived: number; stamped: number };

async function openStream(url: string) {
  const waiting = new Map<string, (arrival: Arrival) => void>();
  const abort = new AbortController();
  const answer = await fetch(url, { signal: abort.signal });
  if (!answer.ok || !answer.body) throw new Error(`${url} answered ${answer.status}`);
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const arrived = performance.timeOrigin + performance.now();
      text += decoder.decode(value, { stream: true });
      const frames = text.split("\n\n");
      text = frames.pop()!;
      for (const frame of frames) {
        const data = /^data: ?(.*)$/m.exec(frame)?.[1];
        if (!data) continue;
        const event = JSON.parse(data) as { tool_use_id?: string; time_unix_ms?: number };
        waiting.get(event.tool_use_id ?? "")?.({ arrived, stamped: event.time_unix_ms ?? Number.NaN });
      }
    }
  };
  read().catch(() => {});
  return {
    waitFor: (toolUseId: string) =>
      new Promise<Arrival>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no frame for ${toolUseId} within 10 s`)), 10_000);
        waiting.set(toolUseId, (arrival) => {
          clearTimeout(timer);
          resolve(arrival);
        });
      }),
    close: () => abort.abort(),
  };
}
