import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { BUN_SEAL } from "../../schema/names.ts";
import type { DaemonStatus } from "../../schema/status.ts";
import { mayHaveDaemon } from "../leftovers.ts";
import { until } from "./daemon.ts";

const REPO = join(import.meta.dir, "../..");
const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
export const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

export type World = {
  dir: string;
  dataDir: string;
  env: Record<string, string>;
  /** A file in Claude's projects folder; one line per value. */
  transcript(name: string, lines: object[]): void;
  /** The real hook process, as the agent starts it. */
  fireHook(name: string, payload: object): Promise<void>;
  remove(): void;
};

/** Folders of one agent and one recorder, empty. */
export function createWorld(): World {
  const dir = mkdtempSync(join(tmpdir(), "hall-page-"));
  const dataDir = join(dir, "data");
  const projects = join(dir, "claude", "projects", "-work-shop");
  mkdirSync(projects, { recursive: true });
  mayHaveDaemon(dataDir);
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: dir,
    HALL_DATA_DIR: dataDir,
    HALL_TIME_ZONE: "Europe/Berlin",
    HALL_AUTOSTART: "false",
    HALL_SCAN_INTERVAL_MS: "200",
    CLAUDE_CONFIG_DIR: join(dir, "claude"),
  };
  return {
    dir,
    dataDir,
    env,
    transcript(name, lines) {
      writeFileSync(join(projects, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    },
    async fireHook(name, payload) {
      const hook = Bun.spawn([process.execPath, ...BUN_SEAL, join(REPO, "hooks/emit.js"), name], {
        stdin: "pipe",
        env,
      });
      hook.stdin.write(`${JSON.stringify({ hook_event_name: name, cwd: "/home/dev/shop", ...payload })}\n`);
      hook.stdin.end();
      if ((await hook.exited) !== 0) throw new Error("the hook failed");
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

export type Daemon = { url: string; port: number; exited: Promise<number>; stop(): Promise<void> };

/** Resolves when it has read its history. `program` is the script to run: the repository's, or that of a build. */
export async function startDaemon(
  world: World,
  port = 0,
  program = join(REPO, "cli/main.ts"),
): Promise<Daemon> {
  const child = Bun.spawn([process.execPath, ...BUN_SEAL, program, "start", "--json"], {
    cwd: world.dir,
    env: { ...world.env, HALL_PORT: String(port) },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  let printed = "";
  for await (const chunk of child.stderr.values({ preventCancel: true })) {
    printed += new TextDecoder().decode(chunk);
    if (printed.includes('"url"')) break;
  }
  const url = /"url":"([^"]+)"/.exec(printed)?.[1];
  if (!url) throw new Error(`the daemon did not start: ${printed}`);
  await until("history is read", async () => {
    const { data } = (await (await fetch(`${url}/api/status`)).json()) as { data: DaemonStatus };
    return data.backfill.done;
  });
  return {
    url,
    port: Number(new URL(url).port),
    exited: child.exited,
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

/** Resolves when the daemon has committed that many events, from the first on. */
export async function untilCommitted(daemon: Daemon, events: number): Promise<void> {
  const stream = await fetch(`${daemon.url}/events?last_event_id=0`);
  let printed = "";
  for await (const chunk of stream.body!) {
    printed += new TextDecoder().decode(chunk);
    if (printed.split("event: metric").length > events) return;
  }
  throw new Error("the stream ended");
}

/** Where the focus is, once it is there: it follows what is shown. */
export const untilFocused = (page: Page, selector: string) =>
  page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);

/** The search, ready for words. */
export async function openSearch(page: Page, key = "/"): Promise<void> {
  await page.keyboard.press(key);
  await untilFocused(page, ".search-overlay > input");
}

/** What a page must never do is collected here, so every test can ask for it. */
export type Open = { page: Page; faults: string[]; requests: string[]; close(): Promise<void> };

export async function openPage(url: string, options: { dark?: boolean; width?: number } = {}): Promise<Open> {
  const profile = mkdtempSync(join(tmpdir(), "hall-browser-"));
  const browser: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: findBrowser(),
    headless: true,
    args: FLAGS.split(" "),
    colorScheme: options.dark ? "dark" : "light",
    viewport: { width: options.width ?? 1280, height: 860 },
  });
  browser.setDefaultTimeout(60_000);
  const page = await browser.newPage();
  const faults: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  const close = async () => {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { page, faults, requests, close };
}

export function findBrowser(): string {
  const mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
  const found = BROWSERS.map((name) => Bun.which(name)).find((path) => path !== null);
  const path = found ?? (existsSync(mac) ? mac : undefined);
  if (!path) throw new Error("the page's tests need a Chromium: run scripts/test.sh, or install chromium");
  return path;
}

/** One billed response as Claude Code writes it: 1000 tokens in, 100 out, nothing cached. */
export function response(session: string, id: string, at: number, more: object = {}): object {
  return {
    type: "assistant",
    uuid: `u-${id}`,
    sessionId: session,
    cwd: "/home/dev/shop",
    version: "2.1.329",
    timestamp: new Date(at).toISOString(),
    requestId: `req_${id}`,
    message: {
      id: `msg_${id}`,
      role: "assistant",
      model: "claude-opus-4-5-20251101",
      stop_reason: "end_turn",
      content: [{ type: "text", text: "done" }],
      usage: {
        input_tokens: 1000,
        output_tokens: 100,
        cache_read_input_tokens: 0,
        cache_creation_input_tokens: 0,
      },
      ...more,
    },
  };
}

/** Tokens of a response that no cache knew, that it wrote and that it gave; with 100 out. */
export const usage = (fresh: number, written: number, read: number) => ({
  input_tokens: fresh,
  output_tokens: 100,
  cache_creation_input_tokens: written,
  cache_read_input_tokens: read,
});

export function prompt(session: string, id: string, at: number, text: string): object {
  return {
    type: "user",
    uuid: `p-${id}`,
    promptId: `prompt-${id}`,
    sessionId: session,
    cwd: "/home/dev/shop",
    version: "2.1.329",
    timestamp: new Date(at).toISOString(),
    message: { role: "user", content: text },
  };
}
