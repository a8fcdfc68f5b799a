import { expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { assistant } from "../world.ts";
import { cli, countStored, type Home, spawnDaemon, startDaemon, tempHome, until } from "./daemon.ts";
import { appendRecords, spoolRecord, toolStarted } from "./records.ts";

const mkfifo = (path: string) => void Bun.spawnSync(["mkfifo", path]);
const ODD: [string, (path: string) => void][] = [
  ["a FIFO", mkfifo],
  [
    "a link to a FIFO",
    (path) => {
      rmSync(`${path}.fifo`, { force: true });
      mkfifo(`${path}.fifo`);
      symlinkSync(`${path}.fifo`, path);
    },
  ],
  ["an endless device", (path) => symlinkSync("/dev/zero", path)],
  ["a folder", (path) => mkdirSync(path)],
];
/** Below the home. */
const READ = [
  ".claude/projects/-w-app/S1.jsonl",
  ".claude/projects/-w-app/S1/subagents/agent-a.meta.json",
  ".claude/settings.json",
  ".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-0199.jsonl",
  ".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-0199.jsonl.zst",
  "data/spool/202611011000.log",
  "data/spool/lost",
  "data/spool/big/x.json",
  "data/archive/2026-11-01.jsonl",
  "data/archive/seals.jsonl",
  "data/usage/state.json",
  "data/usage/usage-2026-11-01.jsonl",
  "data/stop.json",
  "data/statusline.json",
  "data/daemon.sock",
  "data/start.log",
];

function put(home: Home, path: string, make: (path: string) => void): void {
  const at = join(home.path, path);
  mkdirSync(dirname(at), { recursive: true, mode: 0o700 });
  rmSync(at, { recursive: true, force: true });
  make(at);
}

for (const [what, make] of ODD)
  test(`S5 ${what} under any name that is read holds up neither the start, nor reading, nor the end`, async () => {
    using home = tempHome();
    for (const path of READ) put(home, path, make);
    await using daemon = await startDaemon(home);
    appendRecords(home.data, [spoolRecord("e-1", toolStarted("s1", "t1"))]);
    await until("the event is stored", () => countStored(home) > 0);
    // While it runs, too.
    for (const path of READ.filter((p) => !p.startsWith("data/d"))) put(home, path, make);
    put(home, ".claude/projects/-w-app/S2.jsonl", make);
    appendRecords(home.data, [spoolRecord("e-2", toolStarted("s1", "t2"))]);
    await until("the next is stored", () => countStored(home) > 1);
    expect((await daemon.status()).state).not.toBe("starting");
    expect((await cli(home, "daily", "--json")).code).not.toBe(70);
    expect(await daemon.stop()).toBe(0);
  });

test("S5 what lies under the name of config.json or hall.db and is no file is a clear error", async () => {
  for (const [, make] of ODD)
    for (const [name, code] of [
      ["config.json", [65, 78]],
      ["hall.db", [73]],
    ] as const) {
      using home = tempHome();
      put(home, `data/${name}`, make);
      for (const command of [["start"], ["backfill"]]) {
        const { code: exit, stderr } = await cli(home, ...command);
        expect([name, code.includes(exit as never), stderr]).toEqual([
          name,
          true,
          expect.stringContaining(name),
        ]);
        expect(stderr).not.toContain("at ");
      }
    }
});

test("S5 links to the machine's own folders are bounded, and reported", async () => {
  using home = tempHome();
  for (const [name, target] of [
    ["root", "/"],
    ["usr", "/usr"],
    ["above", home.path],
    ["itself", home.claude],
  ] as const)
    symlinkSync(target, join(home.claude, name));
  symlinkSync("/", join(home.codex, "root"));
  const real = join(home.path, "elsewhere/-w-app");
  mkdirSync(real, { recursive: true });
  symlinkSync(real, join(home.claude, "-w-app"));
  const child = spawnDaemon(home);
  await until("it answers", async () => (await cli(home, "status")).code === 0);
  let watched = 0;
  await until("both are reported", async () => {
    const { data } = JSON.parse((await cli(home, "status", "--json")).stdout);
    watched = Math.max(watched, data.watch.folders);
    const problems = data.problems.map((p: { code: string }) => p.code);
    return ["link_to_above", "too_many_folders"].every((code) => problems.includes(code));
  });
  expect(watched).toBeLessThan(50);
  // A link to sessions is what it was for.
  const usage = { input_tokens: 1, output_tokens: 10 };
  const line = assistant({ sessionId: "S1", usage });
  writeFileSync(join(real, "S1.jsonl"), `${JSON.stringify(line)}\n`);
  await until("it is read", () => countStored(home, "feed") > 0);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
});
