import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProbeResult } from "../../collector/limits/probe.ts";
import { createAppServerProbe } from "../../collector/sources/codex/app-server.ts";
import { ENV, MINUTE, NOON, tempRig } from "./rig.ts";

const RECORDINGS = join(import.meta.dir, "../fixtures/codex/app-server");
const FAKE = join(import.meta.dir, "fake-app-server.ts");

type FakeOptions = {
  recording?: string;
  fault?: string;
  log?: string;
  account?: string;
  account_home?: string;
};
const OPTIONS = { env: ENV, cadence_ms: 5 * MINUTE, version: "0.0.0", timeout_ms: 5_000, kill_after_ms: 200 };

function probe(
  { recording = "sampler-ok", fault, log, account = "default", account_home }: FakeOptions,
  over: { timeout_ms?: number } = {},
) {
  const options = [...(fault ? ["--fault", fault] : []), ...(log ? ["--log", log] : [])];
  return createAppServerProbe({
    ...OPTIONS,
    command: [process.execPath, FAKE, "--recording", join(RECORDINGS, `${recording}.jsonl`), ...options],
    account,
    ...(account_home !== undefined && { account_home }),
    random: () => 0,
    ...over,
  });
}
const sample = (fake: FakeOptions, over: { timeout_ms?: number } = {}): Promise<ProbeResult> =>
  probe(fake, over).run(() => NOON, new AbortController().signal);

const failure = (result: ProbeResult) => (result.ok ? "none" : result.failure);
const windows = (result: ProbeResult) =>
  result.ok ? result.event.windows.map((w) => [w.limit_id, w.window, w.used_percent]) : [];

function tempFile() {
  const folder = mkdtempSync(join(tmpdir(), "hall-app-server-"));
  return {
    path: join(folder, "x"),
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

describe("a conversation", () => {
  test("C-01 is initialize, initialized, account/rateLimits/read, and nothing else is called", async () => {
    using log = tempFile();
    expect((await sample({ log: log.path })).ok).toBe(true);
    const calls = readFileSync(log.path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(calls).toEqual([
      {
        method: "initialize",
        id: 1,
        params: { clientInfo: { name: "hall-monitor", title: "hall-monitor", version: "0.0.0" } },
      },
      { method: "initialized" },
      { method: "account/rateLimits/read", id: 2 },
    ]);
  });

  test("C-10 of the recorded client gives both limit ids, every window and the credits", async () => {
    const result = await sample({});
    expect(windows(result)).toEqual([
      ["codex", "5h", 23],
      ["codex", "weekly", 44],
      ["codex_mini", "5h", 7],
    ]);
    if (!result.ok) throw new Error(result.failure);
    expect(result.event.windows[0]).toMatchObject({
      window_minutes: 300,
      resets_at_unix_ms: 1_795_207_916_000,
    });
    expect(result.credits).toEqual([
      {
        source: "codex",
        account: "default",
        limit_id: "codex",
        has_credits: true,
        is_unlimited: false,
        balance: 37.5,
        time_unix_ms: NOON,
      },
    ]);
  });

  test.each([
    ["usage-empty", []],
    ["usage-free", [["codex", "5h", 23]]],
    [
      "usage-reached",
      [
        ["codex", "5h", 100],
        ["codex", "weekly", 44],
      ],
    ],
    [
      "accounts-check-401",
      [
        ["codex", "5h", 23],
        ["codex", "weekly", 44],
      ],
    ],
    [
      "expired-token-refresh-ok",
      [
        ["codex", "5h", 23],
        ["codex", "weekly", 44],
      ],
    ],
  ])("R09 %s: only what is reported becomes a window", async (recording, expected) => {
    const result = await sample({ recording });
    expect(result.ok).toBe(true);
    expect(windows(result).filter(([id]) => id === "codex")).toEqual(expected);
  });

  test("C-09 a sparse update is merged into what was answered, and its nulls clear nothing", async () => {
    const result = await sample({ fault: "updates" });
    expect(windows(result)).toEqual([
      ["codex", "5h", 31],
      ["codex", "weekly", 44],
      ["codex_mini", "5h", 7],
      ["codex_new", "weekly", 5],
    ]);
    if (!result.ok) throw new Error(result.failure);
    expect(result.event.windows[0]?.resets_at_unix_ms).toBe(1_795_207_916_000);
    expect(result.credits[0]?.balance).toBe(37.5);
    // What came before the complete answer is older than it.
    expect(windows(await sample({ fault: "update-first" }))[0]).toEqual(["codex", "5h", 23]);
  });
});

describe("C-07 what goes wrong has a reason of its own", () => {
  test.each([
    ["auth-none", "not_logged_in"],
    ["auth-apikey", "not_applicable"],
    ["usage-401-refresh-401", "unauthorized"],
    ["usage-403", "backend_error"],
    ["usage-429", "rate_limited"],
    ["usage-500", "backend_error"],
    ["usage-html", "backend_error"],
    ["usage-garbage", "backend_error"],
    ["backend-unreachable", "unreachable"],
  ])("C-07 recorded: %s is %s", async (recording, reason) => {
    expect(failure(await sample({ recording }))).toBe(reason);
  });

  test("C-07 a client without the method, one that talks nonsense, one that leaves", async () => {
    expect(failure(await sample({ fault: "old" }))).toBe("method_not_found");
    expect(failure(await sample({ fault: "exit" }))).toBe("exited");
    expect(failure(await sample({ fault: "garbage" }, { timeout_ms: 500 }))).toBe("garbage");
    expect(failure(await sample({ fault: "shapeless" }))).toBe("garbage");
  });

  test("C-07 an overloaded server is asked again in the same process, three times at the most", async () => {
    using log = tempFile();
    expect(failure(await sample({ fault: "overloaded-twice", log: log.path }))).toBe("none");
    using other = tempFile();
    expect(failure(await sample({ fault: "overloaded", log: other.path }))).toBe("overloaded");
    const reads = (path: string) => readFileSync(path, "utf8").split("rateLimits/read").length - 1;
    expect([reads(log.path), reads(other.path)]).toEqual([3, 3]);
  });

  test("C-07 a program that is not there", async () => {
    const missing = createAppServerProbe({ ...OPTIONS, command: ["/nowhere/codex"], account: "default" });
    expect(failure(await missing.run(() => NOON, new AbortController().signal))).toBe("missing");
  });
});

describe("C-08 a server that does not behave", () => {
  test.each([
    ["hang", "timeout"],
    ["deaf", "timeout"],
    ["flood", "flood"],
    ["long-line", "flood"],
  ])("C-08 %s: the poll is bounded and the process is gone", async (fault, reason) => {
    // The program itself would run forever.
    expect(failure(await sample({ fault }, { timeout_ms: 700 }))).toBe(reason);
    expect(livingFakes(fault)).toEqual([]);
  });

  test("C-08 one that stays after the end of its input is ended, and its answer counts", async () => {
    const result = await sample({ fault: "stays" });
    expect(windows(result)).toHaveLength(3);
    expect(livingFakes("stays")).toEqual([]);
  });
});

function livingFakes(fault: string): string[] {
  const { stdout } = Bun.spawnSync(["ps", "-eo", "stat=,args="]);
  const mine = (line: string) =>
    line.includes(FAKE) && line.includes(`--fault ${fault}`) && !line.startsWith("Z");
  return stdout.toString().split("\n").filter(mine);
}

test("C-06 C-11 two aliases are two series; one that fails does not touch the other, and comes back", async () => {
  using rig = tempRig();
  const gate = rig.path("broken");
  const switched = rig.command(
    "codex",
    `r=sampler-ok; [ -f ${gate} ] && r=usage-500\nexec ${process.execPath} ${FAKE} --recording ${RECORDINGS}/$r.jsonl app-server`,
  );
  const home = createAppServerProbe({
    ...OPTIONS,
    command: [switched],
    account: "home",
    account_home: rig.path("home"),
  });
  const sampler = rig.sampler([probe({ account: "work", account_home: rig.path("work") }), home]);
  const poll = async () => {
    await sampler.tick();
    rig.clock.now += 5 * MINUTE;
    return sampler.health().map((h) => [h.account, h.captures, h.consecutive_failures]);
  };
  expect(await poll()).toEqual([
    ["work", 1, 0],
    ["home", 1, 0],
  ]);
  writeFileSync(gate, "");
  expect(await poll()).toEqual([
    ["work", 2, 0],
    ["home", 1, 1],
  ]);
  expect(sampler.health()[1]?.last_success_unix_ms).toBe(NOON);
  rmSync(gate);
  expect(await poll()).toEqual([
    ["work", 3, 0],
    ["home", 2, 0],
  ]);
  expect(sampler.health().map((h) => h.name)).toEqual(["codex_app_server:work", "codex_app_server:home"]);
  const accounts = Map.groupBy(rig.spooled(), (s) => s.account);
  expect([accounts.get("work")?.length, accounts.get("home")?.length]).toEqual([9, 6]);
  expect(sampler.credits().map((c) => c.account)).toEqual(["work", "home"]);
});

test("C-12 no address, account id, url or body of a backend is written or printed anywhere", async () => {
  using rig = tempRig();
  const recordings = readdirSync(RECORDINGS)
    .filter((n) => n.endsWith(".jsonl"))
    .map((n) => n.replace(".jsonl", ""));
  const probes = recordings.map((recording, i) => ({
    ...probe({ recording, account: `a${i}` }),
    name: recording,
  }));
  const sampler = rig.sampler(probes);
  await sampler.tick();
  expect(sampler.health().filter((h) => h.captures + h.failures !== 1)).toEqual([]);
  expect(sampler.health().filter((h) => h.captures === 1).length).toBeGreaterThan(4);
  const written = [...new Bun.Glob("**/*").scanSync({ cwd: rig.data })].map((n) =>
    readFileSync(join(rig.data, n), "utf8"),
  );
  const everything = [
    ...written,
    ...rig.logged,
    JSON.stringify([sampler.health(), sampler.credits(), sampler.state()]),
  ].join("\n");
  for (const secret of [
    "@example.test",
    "acct-lab",
    "user-lab",
    "https://",
    "Forbidden",
    "Just a moment",
    "Rate limited",
    "rrc_lab",
    ".codex-s",
  ]) {
    expect(
      recordings.some((n) => readFileSync(join(RECORDINGS, `${n}.jsonl`), "utf8").includes(secret)),
    ).toBe(true);
    expect(everything).not.toContain(secret);
  }
});

test("C-13 a hundred polls leave auth.json as it was, and nothing asks for a new token", async () => {
  using home = tempFile();
  using log = tempFile();
  const auth = join(home.folder, "auth.json");
  writeFileSync(auth, '{"tokens":{"access_token":"invented"}}', { mode: 0o400 });
  const before = [readFileSync(auth, "utf8"), statSync(auth).mtimeMs, statSync(auth).ino];
  const one = probe({ log: log.path, account_home: home.folder });
  for (let i = 0; i < 20; i++) {
    const polls = Array.from({ length: 5 }, () => one.run(() => NOON, new AbortController().signal));
    expect((await Promise.all(polls)).every((r) => r.ok)).toBe(true);
  }
  expect([readFileSync(auth, "utf8"), statSync(auth).mtimeMs, statSync(auth).ino]).toEqual(before);
  const calls = readFileSync(log.path, "utf8");
  expect(calls.split("rateLimits/read").length - 1).toBe(100);
  expect(calls).not.toContain("refreshToken");
  expect(existsSync(join(home.folder, "auth.json.tmp"))).toBe(false);
});
