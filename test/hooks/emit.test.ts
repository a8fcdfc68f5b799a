import { expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fireHook, HOOKS, PLUGIN_ROOT, payloadOf, ROOT, SILENT, spoolRecords, tempFolder } from "./fire.ts";

const payload = (event: string, more: object = {}) =>
  `${JSON.stringify({ session_id: "s1", cwd: "/w", hook_event_name: event, ...more })}\n`;

test("F027.A3 F35 each of the 28 registered events is recorded, silently, with exit 0", async () => {
  using data = tempFolder();
  const events = Object.keys(HOOKS);
  for (const event of events) {
    const fired = await fireHook(event, payload(event), { env: { HALL_DATA_DIR: data.path } });
    expect(fired).toMatchObject(SILENT);
    expect(fired.wall_ms).toBeLessThan(1500);
  }
  const records = spoolRecords(data.path);
  expect(
    records.map((r) => (payloadOf(r, data.path) as { hook_event_name: string }).hook_event_name),
  ).toEqual(events);
  expect(new Set(records.map((r) => r.event_id)).size).toBe(28);
});

test("H06 two equal bodies are two deliveries with ids in the order of time", async () => {
  using data = tempFolder();
  const before = Date.now();
  for (let i = 0; i < 2; i++) await fireHook("Stop", payload("Stop"), { env: { HALL_DATA_DIR: data.path } });
  const [first, second] = spoolRecords(data.path);
  expect(first!.event_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(first!.event_id < second!.event_id).toBe(true);
  expect(first!.time_unix_ms).toBeGreaterThanOrEqual(before);
  expect(second!.time_unix_ms).toBeGreaterThan(first!.time_unix_ms);
  expect(first!.body.equals(second!.body)).toBe(true);
});

test("the body is the payload's own bytes: what is not JSON or not UTF-8 is kept too", async () => {
  using data = tempFolder();
  const bodies = [
    Buffer.from("not json {"),
    Buffer.from([0xff, 0x00, 0xfe, 0x0d]),
    Buffer.from("ünï\u{1f600}"),
  ];
  for (const body of bodies)
    expect(
      await fireHook("Stop", Buffer.concat([body, Buffer.from("\n")]), { env: { HALL_DATA_DIR: data.path } }),
    ).toMatchObject(SILENT);
  const records = spoolRecords(data.path);
  expect(records.map((r) => r.kind)).toEqual(["hook/1", "hook/1", "hook/1"]);
  expect(records.map((r) => r.body.toString("hex"))).toEqual(bodies.map((b) => b.toString("hex")));
});

test("F34 a payload with line breaks inside is recorded as a JSON string", async () => {
  using data = tempFolder();
  const pretty = JSON.stringify(JSON.parse(payload("Stop")), null, 2);
  expect(await fireHook("Stop", pretty, { env: { HALL_DATA_DIR: data.path } })).toMatchObject(SILENT);
  const [record] = spoolRecords(data.path);
  expect(record!.kind).toBe("hook-raw/1");
  expect(payloadOf(record!, data.path)).toEqual(JSON.parse(payload("Stop")));
});

test("F34 a 5 MB payload goes to a private file of its own that the record names", async () => {
  using data = tempFolder();
  const big = payload("PostToolUse", { tool_response: "x".repeat(5_000_000) });
  const fired = await fireHook("PostToolUse", big, { env: { HALL_DATA_DIR: data.path } });
  expect(fired).toMatchObject(SILENT);
  expect(fired.wall_ms).toBeLessThan(1500);
  const [record] = spoolRecords(data.path);
  expect(record!.kind).toBe("hook-file/1");
  expect(record!.body.toString()).toBe(`${record!.event_id}.json`);
  const file = join(data.path, "spool/big", record!.body.toString());
  expect(readFileSync(file, "utf8")).toBe(big.trimEnd());
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("F34 a pipe that stays open does not hold the hook: the newline ends the payload", async () => {
  using data = tempFolder();
  const fired = await fireHook("Stop", "", {
    env: { HALL_DATA_DIR: data.path },
    write: (stdin) => writeOpen(stdin, payload("Stop")),
  });
  expect(fired).toMatchObject(SILENT);
  expect(fired.wall_ms).toBeLessThan(900);
  expect(spoolRecords(data.path)).toHaveLength(1);
});

test("F34 a pipe that stays open and says nothing is left after a second, with nothing recorded", async () => {
  using data = tempFolder();
  const fired = await fireHook("Stop", "", { env: { HALL_DATA_DIR: data.path }, write: () => undefined });
  expect(fired).toMatchObject(SILENT);
  expect(fired.wall_ms).toBeLessThan(1500);
  expect(() => spoolRecords(data.path)).toThrow("ENOENT");
});

test("F34 a payload without newline on a pipe that stays open is recorded at the deadline", async () => {
  using data = tempFolder();
  const fired = await fireHook("Stop", "", {
    env: { HALL_DATA_DIR: data.path },
    write: (stdin) => writeOpen(stdin, payload("Stop").trimEnd()),
  });
  expect(fired).toMatchObject(SILENT);
  expect(fired.wall_ms).toBeLessThan(1500);
  expect(spoolRecords(data.path)).toHaveLength(1);
});

test("F34 a payload that comes byte by byte is one record", async () => {
  using data = tempFolder();
  const text = payload("Stop");
  const fired = await fireHook("Stop", "", {
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
  expect(await fireHook("Stop", "", { env })).toMatchObject(SILENT);
  expect(await fireHook("Stop", "\n", { env })).toMatchObject(SILENT);
  const closed = ["sh", "-c", `exec ${quoted("Stop")} <&-`];
  expect(await fireHook("Stop", "", { env, command: closed })).toMatchObject(SILENT);
  expect(() => spoolRecords(data.path)).toThrow("ENOENT");
});

test("F34 the payload may come as a regular file", async () => {
  using data = tempFolder();
  const file = join(data.path, "payload.json");
  await Bun.write(file, payload("Stop"));
  const fired = await fireHook("Stop", "", {
    env: { HALL_DATA_DIR: data.path },
    command: ["sh", "-c", `exec ${quoted("Stop")} < '${file}'`],
  });
  expect(fired).toMatchObject(SILENT);
  expect(spoolRecords(data.path)).toHaveLength(1);
});

test("F35 Node records what Bun would where there is no Bun", async () => {
  using data = tempFolder();
  using bin = tempFolder();
  const node = Bun.which("node");
  if (!node) throw new Error("this test needs Node");
  await Bun.$`ln -s ${node} ${bin.path}/node`.quiet();
  const env = { HALL_DATA_DIR: data.path, PATH: bin.path };
  const command = ["/bin/sh", "-c", onlyThePath(), "hall-monitor", ROOT, "Stop"];
  const texts = [payload("Stop"), `${payload("Stop", { note: "ü".repeat(100_000) })}`];
  for (const text of texts) expect(await fireHook("Stop", text, { env, command })).toMatchObject(SILENT);
  const open = await fireHook("Stop", "", { env, command, write: () => undefined });
  expect(open).toMatchObject(SILENT);
  expect(open.wall_ms).toBeLessThan(1700);
  expect(spoolRecords(data.path).map((r) => `${r.body}\n`)).toEqual(texts);
}, 20_000);

test("F027.A4 16 hooks at a time, 320 in all: every record is whole and none is missing", async () => {
  using data = tempFolder();
  const sizes = [200, 2_000, 20_000, 200_000];
  const numbers = Array.from({ length: 320 }, (_, n) => n);
  const waiting = [...numbers];
  const worker = async () => {
    for (let n = waiting.pop(); n !== undefined; n = waiting.pop()) {
      const text = payload("PostToolUse", { n, filler: "f".repeat(sizes[n % sizes.length]!) });
      expect(await fireHook("PostToolUse", text, { env: { HALL_DATA_DIR: data.path } })).toMatchObject(
        SILENT,
      );
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  const seen = spoolRecords(data.path).map((r) => (payloadOf(r, data.path) as { n: number }).n);
  expect(seen.sort((a, b) => a - b)).toEqual(numbers);
}, 60_000);

function writeOpen(stdin: Bun.FileSink, text: string) {
  stdin.write(text);
  return stdin.flush();
}

function quoted(event: string): string {
  const hook = HOOKS[event]![0]!.hooks[0]!;
  return [hook.command, ...hook.args]
    .map((arg) => `'${arg.replaceAll(PLUGIN_ROOT, ROOT).replaceAll("'", `'\\''`)}'`)
    .join(" ");
}

/** The registered line without the fixed folders, so that this machine's own Bun is not found. */
function onlyThePath(): string {
  const script = HOOKS.Stop![0]!.hooks[0]!.args[1]!;
  return script.replace(' /usr/local/bin /opt/homebrew/bin "$1/node_modules/.bin"', "");
}
