import { Database } from "bun:sqlite";
import { afterEach, describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { takeLock } from "../../store/lock.ts";
import { lockHolder } from "../../store/lock-holder.ts";
import { until } from "../e2e/daemon.ts";
import { fireHook } from "../hooks/fire.ts";
import { environment, type Home, run, spawnCli, tempHome } from "./run.ts";
import { writeTranscript } from "./transcript.ts";

const homes: Home[] = [];
const children: ReturnType<typeof spawnCli>[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill();
    await child.exited;
  }
  for (const home of homes.splice(0)) {
    await run(home, ["stop"]);
    home[Symbol.dispose]();
  }
});

function fresh(): Home {
  const home = tempHome();
  homes.push(home);
  return home;
}

function spawned(home: Home, args: string[]) {
  const child = spawnCli(home, args);
  children.push(child);
  return child;
}

const daemonFile = (home: Home) =>
  JSON.parse(readFileSync(join(home.data_dir, "daemon.json"), "utf8")) as { pid: number; url: string };

/** Lines of a stream, one at a time, however they arrive. */
async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of stream.pipeThrough(
    new TextDecoderStream() as never,
  ) as unknown as AsyncIterable<string>) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}

async function notify(home: Home, session_id: string, message: string): Promise<void> {
  const payload = { session_id, hook_event_name: "Notification", message };
  const { code } = await fireHook("Notification", JSON.stringify(payload), { env: environment(home) });
  expect(code).toBe(0);
}

describe("start, status, stop", () => {
  test("F051.A4 --detach returns when the page answers, and a second start finds the first", async () => {
    const home = fresh();
    const first = await run(home, ["start", "--detach"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    const url = /http:\/\/localhost:\d+/.exec(first.stdout)?.[0] ?? "";
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    for (const args of [["start"], ["start", "--detach"]])
      expect(await run(home, args)).toEqual({
        code: 0,
        stdout: `hall-monitor already runs at ${url}\n`,
        stderr: "",
      });
    expect(await run(home, ["start", "--from-hook"])).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(JSON.parse((await run(home, ["start", "--json"])).stdout)).toEqual({
      url,
      pid: daemonFile(home).pid,
    });
  });

  test("F051 --detach beside a start that was first, but does not answer yet, waits for its daemon", async () => {
    // It waits for five seconds: a slow machine may need more than one try for the whole of it.
    for (let left = 5; left > 0; left--) {
      const home = fresh();
      mkdirSync(home.data_dir, { mode: 0o700 });
      const first = takeLock(home.data_dir);
      const second = run(home, ["start", "--detach"]);
      const log = join(home.data_dir, "start.log");
      await until("its own daemon has given way", () => existsSync(log) && statSync(log).size > 0);
      first.release();
      spawned(home, ["start"]);
      const { code, stdout, stderr } = await second;
      if (stdout.includes("is live at") || left === 1) {
        expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
        expect(stdout).toBe(`hall-monitor is live at ${daemonFile(home).url}\n`);
        return;
      }
    }
  });

  test("F051 the detached daemon leads a session of its own and holds nothing of its parent's", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    const { pid } = daemonFile(home);
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    expect(stat[3]).toBe(String(pid));
    expect(statSync(join(home.data_dir, "start.log")).mode & 0o777).toBe(0o600);
  });

  test("F051.A5 status reports the daemon, stop ends it, and then status exits with 69", async () => {
    const home = fresh();
    writeTranscript(home, "s", "/w", [
      { id: "a", at: "2026-11-01T10:00:00.000Z", model: "claude-sonnet-4-5", input: 1, output: 1 },
    ]);
    await run(home, ["start", "--detach"]);
    const { pid, url } = daemonFile(home);
    const live = await run(home, ["status", "--json"]);
    expect(live.code).toBe(0);
    expect(JSON.parse(live.stdout).data).toMatchObject({ pid, url, data_dir: home.data_dir });
    expect((await run(home, ["status"])).stdout).toContain(`${url}  `);
    expect(await run(home, ["stop"])).toEqual({ code: 0, stdout: "hall-monitor has stopped\n", stderr: "" });
    expect(lockHolder(home.data_dir)).toBeUndefined();
    const { code, stdout } = await run(home, ["status", "--json"]);
    expect(code).toBe(69);
    expect(JSON.parse(stdout).data).toMatchObject({
      state: "not_running",
      url: null,
      stored: { sessions: 1, requests: 1 },
    });
    expect((await run(home, ["stop"])).code).toBe(69);
  });

  test("F051 a proxy of the environment is never asked for this machine's own daemon", async () => {
    const home = fresh();
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(request.url ?? "");
      response.end("{}");
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => proxy.once("listening", resolve));
    const at = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
    await run(home, ["start", "--detach"]);
    const { code } = await run(home, ["status"], { http_proxy: at, HTTP_PROXY: at });
    proxy.close();
    expect({ code, seen }).toEqual({ code: 0, seen: [] });
  });

  test("F051 a daemon.json that a crash left behind is no running daemon's", async () => {
    const home = fresh();
    await run(home, ["backfill"]);
    writeFileSync(
      join(home.data_dir, "daemon.json"),
      JSON.stringify({ pid: process.pid, url: "http://localhost:1", token: "t" }),
    );
    expect((await run(home, ["status"])).code).toBe(69);
    expect((await run(home, ["stop"])).code).toBe(69);
    expect((await run(home, ["start", "--detach"])).code).toBe(0);
  });

  test("F051 why a detached start failed is printed by the command that started it", async () => {
    const home = fresh();
    await run(home, ["backfill"]);
    const db = new Database(join(home.data_dir, "hall.db"));
    db.run("pragma user_version = 999");
    db.close();
    const { code, stderr } = await run(home, ["start", "--detach"]);
    expect(code).toBe(65);
    expect(stderr).toContain("has schema version 999");
  });
});

describe("with a daemon", () => {
  test("F051 backfill leaves the work to it, reindex asks it to read again, and nothing is counted twice", async () => {
    const home = fresh();
    const path = writeTranscript(home, "s", "/w", [
      { id: "a", at: "2026-11-01T10:00:00.000Z", model: "claude-sonnet-4-5", input: 1, output: 1 },
    ]);
    await run(home, ["start", "--detach"]);
    expect((await run(home, ["backfill"])).stdout).toStartWith(
      `import of history by the daemon at ${daemonFile(home).url}: `,
    );
    expect((await run(home, ["reindex", "--source", "claude"])).stdout).toStartWith(
      "reading 1 file of claude again",
    );
    expect((await run(home, ["reindex", "--source", "gemini"])).code).toBe(64);
    appendFileSync(path, "");
    await run(home, ["stop"]);
    await run(home, ["backfill"]);
    expect(JSON.parse((await run(home, ["daily", "--json"])).stdout).data.total.requests).toBe(1);
  });

  test("F051 reindex and tail without one end with 69", async () => {
    const home = fresh();
    for (const command of ["reindex", "tail"]) {
      const { code, stderr } = await run(home, [command]);
      expect(code).toBe(69);
      expect(stderr).toContain("hall-monitor start --detach");
    }
  });
});

describe("tail", () => {
  test("F051.A11 --since prints what is stored, then follows; --limit ends it", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    await notify(home, "early", "before");
    const child = spawned(home, [
      "tail",
      "--since",
      "1h",
      "--type",
      "notification",
      "--limit",
      "2",
      "--json",
    ]);
    const lines = linesOf(child.stdout);
    expect(JSON.parse((await lines.next()).value ?? "")).toMatchObject({
      session_id: "early",
      event_type: "notification",
    });
    await notify(home, "late", "after");
    expect(JSON.parse((await lines.next()).value ?? "")).toMatchObject({ session_id: "late" });
    expect(await child.exited).toBe(0);
  });

  test("F051 --session and --type choose, T21 control characters are taken out", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    await notify(home, "other", "no");
    await notify(home, "mine", "ring\u0007 \u001b]52;c;AAAA\u0007bell\r\nsecond");
    const args = ["tail", "--since", "1h", "--session", "mine", "--type", "notification", "--limit", "1"];
    const { code, stdout } = await run(home, args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}mine {6}notification {10}ring bell second\n$/);
  });

  test("F051 it goes on where it was when the daemon comes back, and shows nothing twice", async () => {
    const home = fresh();
    await run(home, ["start", "--detach"]);
    await notify(home, "one", "1");
    const child = spawned(home, [
      "tail",
      "--since",
      "1h",
      "--type",
      "notification",
      "--limit",
      "3",
      "--json",
    ]);
    const lines = linesOf(child.stdout);
    const next = async () =>
      (JSON.parse((await lines.next()).value ?? "") as { session_id: string }).session_id;
    expect(await next()).toBe("one");
    const reported = linesOf(child.stderr);
    await run(home, ["stop"]);
    await notify(home, "two", "2");
    // On standard error, so that a script reads events alone.
    expect((await reported.next()).value).toContain("the daemon ended");
    await run(home, ["start", "--detach"]);
    expect((await reported.next()).value).toContain("the daemon is back");
    await notify(home, "three", "3");
    expect([await next(), await next()]).toEqual(["two", "three"]);
    expect(await child.exited).toBe(0);
  });

  test("F051 a reader that goes away ends it quietly", async () => {
    const home = fresh();
    writeTranscript(
      home,
      "s",
      "/w",
      Array.from({ length: 500 }, (_, i) => ({
        id: `m${i}`,
        at: "2026-11-01T10:00:00.000Z",
        model: "claude-sonnet-4-5",
        input: 1,
        output: 1,
      })),
    );
    await run(home, ["backfill"]);
    const main = join(import.meta.dir, "../../cli/main.ts");
    const child = Bun.spawn(["sh", "-c", `"$0" "${main}" export | head -n 1; echo end`, process.execPath], {
      env: environment(home),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    expect(stdout).toMatch(/^\{"seq":1,.*\}\nend\n$/);
    expect(stderr).toBe("");
  });
});
