import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { closeSync, existsSync, openSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { BUN_SEAL } from "../../schema/names.ts";
import { environment, type Home, ROOT, run, tempHome } from "./run.ts";

const FULL = "/dev/full";
let home: Home;

beforeAll(async () => {
  home = tempHome();
  expect((await run(home, ["backfill", "--quiet"])).code).toBe(0);
});
afterAll(() => home[Symbol.dispose]());

/** With one file for each of the two streams, or a pipe that is read to its end. */
async function runInto(args: string[], stdout: string | "pipe", stderr: string | "pipe" = "pipe") {
  const open = (path: string) => (path === "pipe" ? "pipe" : openSync(path, "w"));
  const [one, two] = [open(stdout), open(stderr)] as const;
  try {
    const child = Bun.spawn([process.execPath, ...BUN_SEAL, `${ROOT}/cli/main.ts`, ...args], {
      cwd: home.home,
      env: environment(home),
      stdin: "ignore",
      stdout: one,
      stderr: two,
    });
    const text = child.stderr instanceof ReadableStream ? await new Response(child.stderr).text() : "";
    return { code: await child.exited, stderr: text };
  } finally {
    for (const fd of [one, two]) if (typeof fd === "number") closeSync(fd);
  }
}

describe.skipIf(!existsSync(FULL))("EC020 an output that takes nothing", () => {
  test.each([
    [["daily", "--help"]],
    ...[["--help"], ["--version"], ["config"], ["plans"], ["limits", "--why"], ["backfill"], ["verify"]].map(
      (a) => [a],
    ),
    ...[["cache"], ["recost", "--dry-run"], ["prune", "--older-than", "9d"], ["doctor"]].map((a) => [a]),
  ])("EC020 %p on a full disk: an error without a trace, and its exit code", async (args) => {
    expect(await runInto(args, FULL)).toEqual({
      code: 74,
      stderr: expect.stringMatching(/^hall-monitor: Cannot write to standard output: .*\n {2}\S.*\n$/),
    });
  });

  test("EC020 with --json the error is JSON, too", async () => {
    const { code, stderr } = await runInto(["config", "--json"], FULL);
    expect([code, JSON.parse(stderr)]).toEqual([74, expect.objectContaining({ code: "output_unwritable" })]);
  });

  test("EC020 where neither stream takes anything, the exit code is all there is", async () => {
    expect((await runInto(["config"], FULL, FULL)).code).toBe(74);
    expect((await runInto(["daily", "--nonsense"], FULL, FULL)).code).toBe(64);
  });
});

describe("EC020 an output that is closed", () => {
  /** Through the launcher: the runtime itself takes /dev/null for a closed stream. */
  async function runClosed(args: string, input = "") {
    const child = Bun.spawn(["sh", "-c", `exec sh "$0" ${args}`, `${ROOT}/bin/hall-monitor`], {
      cwd: home.home,
      env: environment(home),
      stdin: Buffer.from(input),
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, code] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { code, stdout, stderr };
  }
  // What a checkout still lacks is fetched now, with a line about it on stderr.
  beforeAll(async () => void (await runClosed("--version")));
  const ERROR = expect.stringMatching(/^hall-monitor: Cannot write to standard output: .*\n {2}\S.*\n$/);

  test.each(["--version", "--help", "help daily", "daily --help", "config", "verify", "doctor", "backfill"])(
    "EC020 %p with a closed standard output: an error, and its exit code",
    async (line) => {
      expect(await runClosed(`${line} >&-`)).toEqual({ code: 74, stdout: "", stderr: ERROR });
    },
  );

  test("EC020 a tools server with a closed standard output ends with an error once it has to answer", async () => {
    const initialize = {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } },
    };
    const ran = await runClosed("mcp >&-", `${JSON.stringify(initialize)}\n`);
    expect(ran).toEqual({ code: 74, stdout: "", stderr: ERROR });
  });

  test("EC020 with --json the error is JSON; what prints nothing needs no output, nor does an exit code", async () => {
    const { code, stderr } = await runClosed("config --json >&-");
    expect([code, JSON.parse(stderr)]).toEqual([74, expect.objectContaining({ code: "output_unwritable" })]);
    expect(await runClosed("backfill --quiet >&-")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await runClosed("config >&- 2>&-")).code).toBe(74);
    expect((await runClosed("daily --nonsense 2>&-")).code).toBe(64);
    expect(JSON.parse((await runClosed("config --json 2>&-")).stdout)).toBeObject();
  });
});

test("EC020 a reader that goes away ends an answer quietly, and hides no error", async () => {
  const script = (line: string) =>
    Bun.spawn(
      ["bash", "-c", `set -o pipefail; ${line}`, "-", process.execPath, ...BUN_SEAL, `${ROOT}/cli/main.ts`],
      {
        cwd: home.home,
        env: environment(home),
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      },
    );
  const quiet = script('"$@" config --schema | head -1');
  expect([await new Response(quiet.stderr).text(), await quiet.exited]).toEqual(["", 0]);
  const wrong = script('"$@" daily --nonsense 2>&1 >/dev/null | true');
  expect(await wrong.exited).toBe(64);
});

/** A link to itself cannot be entered, not even by root, whom permissions do not stop. */
test.each([
  ["daily"],
  ["status"],
  ["start"],
  ["stop"],
  ["limits"],
  ["limits --why"],
  ["verify"],
  ["plans"],
  ["guard --limit-usd 1"],
])("EC021 %p: a data directory that cannot be entered is no missing one", async (line) => {
  const loop = join(home.home, `loop-${line.replaceAll(" ", "-")}`);
  symlinkSync(loop, loop);
  const { code, stdout, stderr } = await run(
    { home: home.home, data_dir: join(loop, "data") },
    line.split(" "),
  );
  expect({ code, stdout }).toEqual({ code: 73, stdout: "" });
  expect(stderr).toMatch(/^hall-monitor: Cannot use .*\n {2}check its owner and permissions.*\n$/);
});
