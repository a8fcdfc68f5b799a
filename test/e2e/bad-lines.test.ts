import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { assistant, jsonl } from "../world.ts";
import { all, countStored, one, startDaemon, tempHome, until } from "./daemon.ts";
import { spoolRecord, toolStarted } from "./records.ts";

const response = (n: number) =>
  jsonl(
    assistant({
      requestId: `req_01n${n}`,
      message: { id: `msg_01n${n}` },
      usage: { output_tokens: 100 + n },
    }),
  );

const BAD: [string, string | Buffer][] = [
  ["a torn line", '{"type":"assistant","message":{"id":"msg_01torn","usa\n'],
  ["invalid UTF-8", Buffer.concat([Buffer.from([0xff, 0xfe, 0xc3, 0x28]), Buffer.from("\n")])],
  ["NUL bytes", Buffer.concat([Buffer.alloc(64), Buffer.from("\n")])],
  ["no JSON at all", "panic: runtime error\n"],
  ["half of another's line", `${response(99).slice(50, 90)}\n`],
];

test("EC002 F18 bad lines in a transcript are counted rejects with their place, and every neighbour is stored", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const path = home.at(".claude/projects/-w-app/S1.jsonl");
  appendFileSync(path, `\ufeff${response(0)}`);
  let offset = Buffer.byteLength(`\ufeff${response(0)}`);
  const places: number[] = [];
  for (const [i, [, bytes]] of BAD.entries()) {
    places.push(offset);
    const good = i % 2 === 0 ? response(i + 1) : response(i + 1).replace("\n", "\r\n");
    appendFileSync(path, bytes);
    appendFileSync(path, good);
    offset += Buffer.byteLength(bytes) + Buffer.byteLength(good);
  }
  const stored = () => all<{ id: string }>(home, "select request_key as id from requests order by seq");
  await until("all good lines are stored", () => stored().length === BAD.length + 1);
  expect(stored().map((r) => r.id)).toEqual(
    BAD.map((_, i) => `claude:msg_01n${i}`).concat(`claude:msg_01n${BAD.length}`),
  );
  expect(all<{ offset: number }>(home, "select offset, reason from rejects order by offset")).toEqual(
    places.map((at, i) => ({
      offset: at,
      reason: BAD[i]![0] === "NUL bytes" ? "nul_bytes" : "invalid_json",
    })),
  );
  const { counters, state } = await daemon.status();
  expect([counters.rejects, state]).toEqual([BAD.length, "live"]);
});

test("F2 F31 torn, foreign and damaged spool records are counted rejects, and every neighbour is stored", async () => {
  using home = tempHome();
  await using daemon = await startDaemon(home);
  const good = (id: string) => spoolRecord(`e-${id}`, toolStarted("s1", id));
  const whole = good("torn");
  const flipped = Buffer.from(good("flipped"));
  flipped[flipped.length - 10]! ^= 1;
  const bad: Buffer[] = [
    whole.subarray(0, whole.length / 2),
    whole.subarray(whole.length / 2),
    flipped,
    Buffer.from(good("later").toString().replace("hook/1", "hook/9")),
    Buffer.from("garbage\n"),
  ];
  const segment = join(home.data, "spool", "202611200000.log");
  mkdirSync(join(home.data, "spool"), { recursive: true });
  appendFileSync(segment, good("t0"));
  for (const [i, bytes] of bad.entries()) {
    appendFileSync(segment, bytes);
    appendFileSync(segment, good(`t${i + 1}`));
  }
  await until("all good records are stored", () => countStored(home) === bad.length + 1);
  const reasons = all<{ reason: string }>(home, "select reason from rejects order by offset").map(
    (r) => r.reason,
  );
  expect(reasons).toEqual([
    "torn_record",
    "torn_record",
    "bad_checksum",
    "unknown_record_kind",
    "torn_record",
  ]);
  expect(one<{ n: number }>(home, "select count(distinct tool_use_id) as n from events").n).toBe(
    bad.length + 1,
  );
  expect((await daemon.status()).counters.rejects).toBe(bad.length);
});

const onLinux = test.skipIf(process.platform !== "linux" || !Bun.which("unshare"));

onLinux(
  "F19 EC006 where the system watches no more files the status shows polling, and all 50 folders are read",
  async () => {
    using home = tempHome();
    const few = [
      "unshare",
      "-Ur",
      "sh",
      "-c",
      'echo 10 > /proc/sys/user/max_inotify_watches && exec "$@"',
      "sh",
    ];
    for (let i = 0; i < 50; i++) mkdirSync(join(home.claude, `-w-app-${i}`), { recursive: true });
    await using daemon = await startDaemon(home, {}, few);
    for (let i = 0; i < 50; i++) {
      const line = assistant({
        sessionId: `S${i}`,
        requestId: `req_01f${i}`,
        message: { id: `msg_01f${i}` },
      });
      appendFileSync(home.at(`.claude/projects/-w-app-${i}/S${i}.jsonl`), jsonl(line));
    }
    const stored = () => one<{ n: number }>(home, "select count(*) as n from requests").n;
    await until("all are stored", () => stored() === 50);
    const status = await daemon.status();
    expect(status.watch.mode).toBe("polling");
    expect(status.problems).toMatchObject([{ code: "unwatched", detail: expect.stringContaining("ENOSPC") }]);
  },
);
