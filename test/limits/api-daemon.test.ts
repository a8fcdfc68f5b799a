import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Limits } from "../../schema/api-limits.ts";
import { type Daemon, type Home, startDaemon, tempHome, until } from "../e2e/daemon.ts";
import { openStream } from "../viewer/sse.ts";
import { parseExposition } from "./exposition.ts";

/** Planted where the vendors put such things, beside the figures that are read. */
const SECRETS = [
  "sk-proj-PLANTED0key0000000000",
  "eyJPLANTED.eyJPLANTED.sig",
  "rt_PLANTED_refresh_0001",
  "planted.person@example.com",
  "acct-PLANTED-0001",
  "user-PLANTED-0001",
  "org-PLANTED-0001",
];
const [API_KEY, JWT, REFRESH, EMAIL, ACCOUNT, USER, ORGANISATION] = SECRETS;
const THREAD = "01a1fa16-228d-7c00-b24a-14c635de0001";

let home: Home;
let daemon: Daemon;
let rollout: string;
let stream: Awaited<ReturnType<typeof openStream>>;
let streamed = "";
const runs = (name: string) => statSync(home.at(`bin/${name}.runs`)).size;

const line = (type: string, payload: object) =>
  `${JSON.stringify({ timestamp: new Date().toISOString(), type, payload })}\n`;

function tokenCount(primary: number, secondary: number): string {
  const now = Math.floor(Date.now() / 1000);
  const rate_limits = {
    limit_id: "codex",
    limit_name: EMAIL,
    primary: { used_percent: primary, window_minutes: 300, resets_at: now + 3600, account_id: ACCOUNT },
    secondary: { used_percent: secondary, window_minutes: 10_080, resets_at: now + 86_400 },
    credits: { has_credits: true, unlimited: false, balance: "37.50", holder: EMAIL },
    plan_type: "plus",
    account_id: ACCOUNT,
    user_id: USER,
    authorization: `Bearer ${JWT}`,
  };
  return line("event_msg", { type: "token_count", info: null, rate_limits });
}

/** A status program as ccTrack's are, which prints more than it should and leaves a byte for each run. */
function statusCommand(source: "claude" | "codex", windows: string): string {
  const path = home.at(`bin/${source}`);
  const event = `{"source_tool":"${source}","timestamp":"'"$(date -u +%FT%TZ)"'","email":"${EMAIL}","account_id":"${ACCOUNT}","token":"${API_KEY}","windows":${windows}}`;
  writeFileSync(path, `#!/bin/sh\nprintf . >> "${path}.runs"\necho "${EMAIL} ${JWT}" >&2\necho '${event}'\n`);
  chmodSync(path, 0o755);
  return path;
}

beforeAll(async () => {
  home = tempHome();
  const login = {
    OPENAI_API_KEY: API_KEY,
    tokens: { access_token: JWT, refresh_token: REFRESH, account_id: ACCOUNT },
  };
  writeFileSync(home.at(".codex/auth.json"), JSON.stringify({ ...login, email: EMAIL, org: ORGANISATION }));
  rollout = home.at(`.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-${THREAD}.jsonl`);
  const meta = {
    id: THREAD,
    cwd: "/w/shop",
    originator: "codex_exec",
    cli_version: "0.169.0",
    source: "exec",
  };
  writeFileSync(
    rollout,
    line("session_meta", { ...meta, creator_user_id: USER, creator_account_id: ACCOUNT }),
  );
  appendFileSync(rollout, tokenCount(10, 20));
  daemon = await startDaemon(home, {
    CLAUDE_STATUS_PATH: statusCommand(
      "claude",
      '{"session":{"used_percent":33},"weekly_all":{"used_percent":44}}',
    ),
    CODEX_STATUS_PATH: statusCommand("codex", '{"5h_limit":{"used_percent":10}}'),
    HALL_LIMITS_CADENCE_MS: "3600000",
    OPENAI_API_KEY: API_KEY!,
  });
  stream = await openStream(`${daemon.url}/events/limits`);
  await until(
    "both programs ran",
    () => existsSync(home.at("bin/codex.runs")) && existsSync(home.at("bin/claude.runs")),
  );
});
afterAll(async () => {
  stream?.close();
  await daemon?.[Symbol.asyncDispose]();
  home?.[Symbol.dispose]();
});

const dial = async (name: string) =>
  (await daemon.get<Limits>("/api/limits")).dials.find((d) => d.dial === name)!;

describe("a real daemon", () => {
  test("F032 a line that Codex writes is a rate_limit event on /events/limits, and the dial turns", async () => {
    appendFileSync(rollout, line("event_msg", { type: "user_message", message: "hello" }));
    appendFileSync(rollout, tokenCount(61.5, 21));
    const earlier = [10, 20, 33, 44];
    const frames = await stream.take(2, (f) => {
      const data = f.data.data as { used_percent?: number } | undefined;
      return f.event !== "heartbeat" && !earlier.includes(data?.used_percent ?? 0);
    });
    streamed = JSON.stringify(frames);
    expect(frames.map((f) => f.event)).toEqual(["rate_limit", "rate_limit"]);
    expect(frames[0]!.data).toMatchObject({
      event_type: "rate_limit",
      source: "codex",
      origin: "rollout",
      data: { account: "default", window: "5h", used_percent: 61.5 },
    });
    await until("the dial turned", async () => (await dial("C5")).used_percent === 61.5);
    expect(await dial("C5")).toMatchObject({
      state: "fresh",
      origin: "rollout",
      reset_seconds: expect.any(Number),
    });
    expect((await dial("O")).used_percent).toBeNull();
  });

  test("C-05 fifty scrapes ask no program once more", async () => {
    const before = [runs("claude"), runs("codex")];
    const texts = await Promise.all(
      Array.from({ length: 50 }, async () => (await fetch(`${daemon.url}/metrics`)).text()),
    );
    expect(
      texts.every((text) => parseExposition(text).get('codex_usage_ratio{window="5h_limit"}') === 0.615),
    ).toBe(true);
    await daemon.get("/api/limits");
    await (await fetch(`${daemon.url}/status.json`)).text();
    expect([runs("claude"), runs("codex")]).toEqual(before);
    expect(before).toEqual([1, 1]);
  });

  test("A-13 what a status program reported is on /metrics under its names", async () => {
    await until("Claude's windows are stored", async () => (await dial("S")).used_percent === 33);
    const scrape = async () => parseExposition(await (await fetch(`${daemon.url}/metrics`)).text());
    const isSettled = async () => {
      const now = await scrape();
      const captures = ["claude", "codex"].map((s) =>
        now.get(`cctrack_sampler_captures_total{source="${s}"}`),
      );
      return now.get("hall_spool_backlog_bytes") === 0 && captures.every((n) => n === 1);
    };
    await until("both captures are counted and the spool is read", isSettled);
    const series = await scrape();
    expect(series.get('claude_usage_ratio{window="session"}')).toBe(0.33);
    expect(series.get('claude_usage_ratio{window="weekly_all"}')).toBe(0.44);
  });

  test("C-12 none of the planted tokens, addresses and ids is in any output", async () => {
    const outputs = new Map<string, string>([["/events/limits", streamed]]);
    for (const path of [
      "/metrics",
      "/status.json",
      "/api/limits",
      "/api/limits/history",
      "/api/limits/history?resolution=raw",
      "/api/status",
      "/api/metrics",
      "/api/sessions",
    ])
      outputs.set(path, await (await fetch(daemon.url + path)).text());
    const files = () =>
      readdirSync(home.data, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
    await until("the archive is written", () => files().some((f) => f.parentPath.endsWith("archive")));
    expect(await daemon.stop()).toBe(0);
    outputs.set("the daemon's log", await daemon.stderr());
    for (const f of files()) outputs.set(f.name, readFileSync(join(f.parentPath, f.name), "latin1"));
    expect([...outputs.keys()]).toEqual(expect.arrayContaining(["hall.db"]));
    expect([...outputs.values()].join("").includes("rate_limit")).toBe(true);
    const found = [...outputs].flatMap(([where, text]) =>
      SECRETS.filter((s) => text.includes(s)).map((s) => `${s} in ${where}`),
    );
    expect(found).toEqual([]);
  });
});
