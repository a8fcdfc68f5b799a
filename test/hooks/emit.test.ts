import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { countLost } from "../../collector/spool-keeper.ts";
import { HOOK_KINDS } from "../../schema/names.ts";
import { HOOK_AGENTS } from "../../schema/spool-kinds.ts";
import { within } from "../within.ts";
import {
  carriers,
  commandLine,
  type Firing,
  fireHook,
  GRANTED_MS,
  HOOKS,
  payloadOf,
  ROOT,
  SILENT,
  spoolRecords,
  tempFolder,
} from "./fire.ts";

const payload = (event: string, more: object = {}) =>
  `${JSON.stringify({ session_id: "s1", cwd: "/w", hook_event_name: event, ...more })}\n`;

const CARRIERS = carriers();

const lostIn = (...homes: string[]) =>
  countLost(
    homes.map((home) => join(home, "spool")),
    Date.now(),
  ).events;

describe.each(CARRIERS)("the $name carrier", ({ root }) => {
  const fire = (event: string, text: string | Uint8Array, firing: Firing = {}) =>
    fireHook(event, text, { root, ...firing });

  test("F027.A3 F35 each of the 32 registered events is recorded, silently, with exit 0", async () => {
    using data = tempFolder();
    const events = Object.keys(HOOKS);
    for (const event of events) {
      const fired = await fire(event, payload(event), { env: { HALL_DATA_DIR: data.path } });
      expect(fired).toMatchObject(SILENT);
      expect(fired.wall_ms).toBeLessThan(GRANTED_MS);
    }
    const records = spoolRecords(data.path);
    expect(
      records.map((r) => (payloadOf(r, data.path) as { hook_event_name: string }).hook_event_name),
    ).toEqual(events);
    expect(new Set(records.map((r) => r.event_id)).size).toBe(32);
  });

  test("H06 two equal bodies are two deliveries with ids in the order of time", async () => {
    using data = tempFolder();
    const before = Date.now();
    for (let i = 0; i < 2; i++) {
      await fire("Stop", payload("Stop"), { env: { HALL_DATA_DIR: data.path } });
      await nextMillisecond();
    }
    const [first, second] = spoolRecords(data.path);
    expect(first!.event_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(first!.event_id < second!.event_id).toBe(true);
    expect(first!.time_unix_ms).toBeGreaterThanOrEqual(before);
    expect(second!.time_unix_ms).toBeGreaterThan(first!.time_unix_ms);
    expect(first!.body.equals(second!.body)).toBe(true);
  });

  test("F027 the body is the payload's own bytes: what is not JSON or not UTF-8 is kept too", async () => {
    using data = tempFolder();
    const bodies = [
      Buffer.from("not json {"),
      Buffer.from([0xff, 0x00, 0xfe, 0x0d]),
      Buffer.from("ünï\u{1f600}"),
    ];
    for (const body of bodies)
      expect(
        await fire("Stop", Buffer.concat([body, Buffer.from("\n")]), { env: { HALL_DATA_DIR: data.path } }),
      ).toMatchObject(SILENT);
    const records = spoolRecords(data.path);
    expect(records.map((r) => r.kind)).toEqual(["hook/1", "hook/1", "hook/1"]);
    expect(records.map((r) => r.body.toString("hex"))).toEqual(bodies.map((b) => b.toString("hex")));
  });

  test("F34 a payload with line breaks inside goes to a file of its own", async () => {
    using data = tempFolder();
    const pretty = JSON.stringify(JSON.parse(payload("Stop")), null, 2);
    expect(await fire("Stop", pretty, { env: { HALL_DATA_DIR: data.path } })).toMatchObject(SILENT);
    const [record] = spoolRecords(data.path);
    expect(record!.kind).toBe("hook-file/1");
    expect(payloadOf(record!, data.path)).toEqual(JSON.parse(payload("Stop")));
  });

  test("F34 a 5 MB payload goes to a private file of its own that the record names", async () => {
    using data = tempFolder();
    const big = payload("PostToolUse", { tool_response: "x".repeat(5_000_000) });
    const fired = await fire("PostToolUse", big, { env: { HALL_DATA_DIR: data.path } });
    expect(fired).toMatchObject(SILENT);
    expect(fired.wall_ms).toBeLessThan(GRANTED_MS);
    const [record] = spoolRecords(data.path);
    expect(record!.kind).toBe("hook-file/1");
    expect(record!.body.toString()).toBe(`${record!.event_id}.json`);
    const file = join(data.path, "spool/big", record!.body.toString());
    expect(readFileSync(file, "utf8")).toBe(big.trimEnd());
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("F34 a pipe that stays open does not hold the hook: the newline ends the payload", async () => {
    // Sooner than the second after which a silent pipe is left.
    await within(900, async () => {
      using data = tempFolder();
      const fired = await fire("Stop", "", {
        env: { HALL_DATA_DIR: data.path },
        write: (stdin) => writeOpen(stdin, payload("Stop")),
      });
      expect(fired).toMatchObject(SILENT);
      expect(spoolRecords(data.path)).toHaveLength(1);
      return fired.wall_ms;
    });
  });

  test("F34 a pipe that stays open and silent is left, and its event counted as lost", async () => {
    using data = tempFolder();
    const fired = await fire("Stop", "", { env: { HALL_DATA_DIR: data.path }, write: () => undefined });
    expect(fired).toMatchObject(SILENT);
    expect(fired.wall_ms).toBeLessThan(GRANTED_MS);
    expect(spoolRecords(data.path)).toEqual([]);
    expect(lostIn(data.path)).toBe(1);
  });

  test("F34 a payload without newline on a pipe that stays open is recorded at the deadline", async () => {
    using data = tempFolder();
    const fired = await fire("Stop", "", {
      env: { HALL_DATA_DIR: data.path },
      write: (stdin) => writeOpen(stdin, payload("Stop").trimEnd()),
    });
    expect(fired).toMatchObject(SILENT);
    expect(fired.wall_ms).toBeLessThan(GRANTED_MS);
    expect(spoolRecords(data.path)).toHaveLength(1);
  });

  test("F34 a payload that comes byte by byte is one record", async () => {
    using data = tempFolder();
    const text = payload("Stop");
    const fired = await fire("Stop", "", {
      env: { HALL_DATA_DIR: data.path },
      write: async (stdin) => {
        for (const byte of Buffer.from(text)) {
          stdin.write(Uint8Array.of(byte));
          await stdin.flush();
        }
      },
    });
    expect(fired).toMatchObject(SILENT);
    expect(spoolRecords(data.path).map((r) => `${r.body}\n`)).toEqual([text]);
  });

  test("F34 an empty, a blank and a closed stdin record nothing", async () => {
    using data = tempFolder();
    const env = { HALL_DATA_DIR: data.path };
    expect(await fire("Stop", "", { env })).toMatchObject(SILENT);
    expect(await fire("Stop", "\n", { env })).toMatchObject(SILENT);
    const closed = ["sh", "-c", `exec ${quoted("Stop", root)} <&-`];
    expect(await fire("Stop", "", { env, command: closed })).toMatchObject(SILENT);
    expect(() => spoolRecords(data.path)).toThrow("ENOENT");
  });

  test("F34 the payload may come as a regular file", async () => {
    using data = tempFolder();
    const file = join(data.path, "payload.json");
    await Bun.write(file, payload("Stop"));
    const fired = await fire("Stop", "", {
      env: { HALL_DATA_DIR: data.path },
      command: ["sh", "-c", `exec ${quoted("Stop", root)} < '${file}'`],
    });
    expect(fired).toMatchObject(SILENT);
    expect(spoolRecords(data.path)).toHaveLength(1);
  });

  test("F027.A4 16 hooks at a time, 320 in all: every record is whole and none is missing", async () => {
    using data = tempFolder();
    const env = { HALL_DATA_DIR: join(data.path, "data"), XDG_RUNTIME_DIR: data.path };
    const sizes = [200, 2_000, 20_000, 200_000];
    const numbers = Array.from({ length: 320 }, (_, n) => n);
    const waiting = [...numbers];
    const worker = async () => {
      for (let n = waiting.pop(); n !== undefined; n = waiting.pop()) {
        const text = payload("PostToolUse", { n, filler: "f".repeat(sizes[n % sizes.length]!) });
        expect(await fire("PostToolUse", text, { env })).toMatchObject(SILENT);
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    const homes = [env.HALL_DATA_DIR, join(data.path, "hall-monitor")].filter(existsSync);
    const seen = homes.flatMap((home) =>
      spoolRecords(home).map((r) => (payloadOf(r, home) as { n: number }).n),
    );
    expect(new Set(seen).size).toBe(seen.length);
    // A machine that gives the client no processor for seconds makes hooks give up: those are counted, not missing.
    expect(seen.length + lostIn(...homes)).toBe(numbers.length);
  });

  test("F34 8 MB, closed and open pipes under another umask: private files, whatever the mask", async () => {
    using data = tempFolder();
    const env = { HALL_DATA_DIR: join(data.path, "deep/data") };
    const big = payload("PostToolUse", { tool_response: "y".repeat(8 * 1024 * 1024) });
    for (const umask of ["0000", "0177", "0777"]) {
      const command = ["sh", "-c", `umask ${umask}; exec ${quoted("PostToolUse", root)}`];
      for (const text of [big, payload("Stop")])
        expect(await fire("Stop", text, { env, command })).toMatchObject({ ...SILENT, is_recorded: true });
    }
    const spool = join(env.HALL_DATA_DIR, "spool");
    expect(spoolRecords(env.HALL_DATA_DIR).map((r) => r.kind)).toEqual(
      [1, 2, 3].flatMap(() => ["hook-file/1" as const, "hook/1" as const]),
    );
    for (const folder of [env.HALL_DATA_DIR, spool, join(spool, "big")])
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(spool).filter((name) => name !== "big"))
      expect(statSync(join(spool, file)).mode & 0o777).toBe(0o600);
  });

  test("F2 a client that ends its hooks with TERM, HUP and INT loses nothing", async () => {
    using data = tempFolder();
    const env = { HALL_DATA_DIR: data.path, PATH: process.env.PATH ?? "", HALL_AUTOSTART: "false" };
    for (let i = 0; i < 12; i++) {
      const child = Bun.spawn(commandLine("StopFailure", root), { env, stdin: "pipe", detached: true });
      child.stdin.write(payload("StopFailure", { i }).slice(0, 20));
      await child.stdin.flush();
      // Once the shell has begun: before that, no program can have set a trap.
      await shellHasBegun(child.pid);
      for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) process.kill(-child.pid, signal);
      child.stdin.write(payload("StopFailure", { i }).slice(20));
      await child.stdin.end();
      expect(await child.exited).toBe(0);
    }
    expect(spoolRecords(data.path)).toHaveLength(12);
  });
});

test("F35 Node records what Bun would where there is no Bun", async () => {
  using data = tempFolder();
  using bin = tempFolder();
  const node = Bun.which("node");
  if (!node) throw new Error("this test needs Node");
  await Bun.$`ln -s ${node} ${bin.path}/node`.quiet();
  // The carrier without the fixed folders, so that this machine's own Bun is not found.
  await Bun.$`mkdir -p ${bin.path}/plugin/hooks && cp ${ROOT}/hooks/emit.js ${bin.path}/plugin/hooks`.quiet();
  const hall = readFileSync(join(ROOT, "hooks/hall"), "utf8").replace(
    " /usr/local/bin /opt/homebrew/bin",
    "",
  );
  await Bun.write(join(bin.path, "plugin/hooks/hall"), hall);
  const env = { HALL_DATA_DIR: data.path, PATH: bin.path };
  const command = ["/bin/sh", join(bin.path, "plugin/hooks/hall"), "claude"];
  const texts = [payload("Stop"), `${payload("Stop", { note: "ü".repeat(100_000) })}`];
  for (const text of texts) expect(await fireHook("Stop", text, { env, command })).toMatchObject(SILENT);
  const open = await fireHook("Stop", "", { env, command, write: () => undefined });
  expect(open).toMatchObject(SILENT);
  expect(open.wall_ms).toBeLessThan(GRANTED_MS);
  expect(spoolRecords(data.path).map((r) => `${r.body}\n`)).toEqual(texts);
});

test("F027 the records of both carriers differ in nothing but identity and time", async () => {
  const texts = [payload("Stop"), "ü\n", `${"x".repeat(70_000)}\n`, "{\n\n}\n"];
  const kept: string[][][] = [];
  for (const { root } of CARRIERS) {
    using data = tempFolder();
    const env = { HALL_DATA_DIR: data.path };
    for (const agent of ["claude", "codex", ""])
      for (const text of texts)
        await fireHook("Stop", text, { env, command: [join(root, "hooks/hall"), ...(agent ? [agent] : [])] });
    const records = spoolRecords(data.path);
    const beside = (r: (typeof records)[number]) =>
      readFileSync(join(data.path, "spool/big", r.body.toString()), "latin1");
    kept.push(
      records.map((r) => [
        r.kind,
        r.agent,
        r.kind.endsWith("file/1") ? beside(r) : r.body.toString("latin1"),
      ]),
    );
  }
  expect(kept[0]).toHaveLength(12);
  expect(kept[0]).toEqual(kept[1]!);
  expect(kept[0]!.map(([kind]) => kind).slice(3, 8)).toEqual([
    "hook-file/1",
    "codex-hook/1",
    "codex-hook/1",
    "codex-hook/1",
    "codex-hook-file/1",
  ]);
});

test.each(CARRIERS)(
  "F027 the $name carrier records each agent with hooks under a kind of its own",
  async ({ root }) => {
    for (const agent of HOOK_AGENTS) {
      using data = tempFolder();
      const env = { HALL_DATA_DIR: data.path };
      for (const text of [payload("Stop"), "{\n\n}\n"])
        await fireHook("Stop", text, { env, command: [join(root, "hooks/hall"), agent] });
      const { line, file } = HOOK_KINDS[agent];
      const records = spoolRecords(data.path);
      expect(new Set(records.map((r) => `${r.agent} ${r.kind}`))).toEqual(
        new Set([`${agent} ${line}`, `${agent} ${file}`]),
      );
    }
  },
);

/** Two of one millisecond are in no order. */
async function nextMillisecond(): Promise<void> {
  for (const now = Date.now(); Date.now() === now; ) await Bun.sleep(0);
}

function writeOpen(stdin: Bun.FileSink, text: string) {
  stdin.write(text);
  return stdin.flush();
}

function quoted(event: string, root: string): string {
  return commandLine(event, root)
    .map((part) => `'${part.replaceAll("'", `'\\''`)}'`)
    .join(" ");
}

/** Until the shell ignores HUP, INT and TERM (bits 0, 1, 14 of SigIgn): its trap sets one after the other. */
const SPARED = (1n << 0n) | (1n << 1n) | (1n << 14n);
async function shellHasBegun(pid: number): Promise<void> {
  if (process.platform !== "linux") return;
  for (;;) {
    const ignored = /^SigIgn:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    if ((BigInt(`0x${ignored}`) & SPARED) === SPARED) return;
    await Bun.sleep(0);
  }
}
