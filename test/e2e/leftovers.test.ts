import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, until } from "./daemon.ts";

const NEVER = "await new Promise(() => {});";

/** A file of tests that starts a daemon by each of the harnesses, and then does `then`. */
function write(folder: string, then: string, limit_ms: number): string {
  const from = (path: string) => JSON.stringify(join(ROOT, "test", path));
  const file = join(folder, "bad.test.ts");
  writeFileSync(
    file,
    `import { test } from "bun:test";
import { readFileSync } from "node:fs";
import * as page from ${from("e2e/page-rig.ts")};
import * as program from ${from("e2e/daemon.ts")};
import { run, tempHome } from ${from("cli/run.ts")};
test("F024 starts", async () => {
  const world = page.createWorld();
  await page.startDaemon(world);
  const home = program.tempHome();
  await program.startDaemon(home);
  const detached = tempHome();
  await run(detached, ["start", "--detach"]);
  for (const data of [world.dataDir, home.data, detached.data_dir])
    console.log("pid " + JSON.parse(readFileSync(data + "/daemon.json", "utf8")).pid);
});
test("F024 is bad", async () => { ${then} }, ${limit_ms});
`,
  );
  return file;
}

/** A process that has ended is listed as defunct until its parent has waited for it. */
function isRunning(pid: number): boolean {
  const state = Bun.spawnSync(["ps", "-o", "stat=", "-p", String(pid)])
    .stdout.toString()
    .trim();
  return state !== "" && !state.startsWith("Z");
}

test.each([
  ["throws", `throw new Error("deliberate");`, 60_000, false],
  ["times out", NEVER, 10, false],
  ["hangs until it is killed", NEVER, 600_000, true],
])("F024 a test that %s leaves no daemon running", async (_, then, limit_ms, isKilled) => {
  const folder = mkdtempSync(join(tmpdir(), "hall-leftovers-"));
  try {
    const child = Bun.spawn([process.execPath, "--no-env-file", "test", write(folder, then, limit_ms)], {
      cwd: ROOT,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    let printed = "";
    for await (const chunk of child.stdout) {
      printed += new TextDecoder().decode(chunk);
      if (isKilled && printed.match(/^pid \d+$/gm)?.length === 3) child.kill("SIGKILL");
    }
    expect(await child.exited).not.toBe(0);
    const pids = [...printed.matchAll(/^pid (\d+)$/gm)].map(([, pid]) => Number(pid));
    expect(pids).toHaveLength(3);
    await until("the daemons have ended", () => !pids.some(isRunning));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
