import { describe, expect, test } from "bun:test";
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { openPipeline } from "../../cli/pipeline.ts";
import { assistant, createWorld, inEveryWay, jsonl, totals, transcript, type World } from "../world.ts";
import { rollout, usage } from "./codex-harness.ts";

const S1 = transcript("S1");
const SLICE = { rows: 500, bytes: 8 << 20 };
const ROOM = join(import.meta.dir, "../../collector");
const line = (n: number, output_tokens = 1) =>
  assistant({ requestId: `req_01${n}`, message: { id: `msg_01${n}` }, usage: { output_tokens } });

/** A response with a line of that many bytes, newline included. */
function sized(length: number, n: number): string {
  const bare = jsonl(toLine(n, ""));
  return jsonl(toLine(n, "x".repeat(length - bare.length)));
}

const toLine = (n: number, text: string) =>
  assistant({ requestId: `req_01${n}`, message: { id: `msg_01${n}`, content: [{ type: "text", text }] } });

const ROLLOUT = ".codex/sessions/2026/11/01/rollout-2026-11-01T10-00-00-P.jsonl";

async function within(run: (w: World) => Promise<void>, env: Record<string, string> = {}): Promise<void> {
  const w = createWorld(env);
  try {
    await run(w);
  } finally {
    w.close();
  }
}

describe("reading on from a cursor", () => {
  test("C34 a half line waits and is counted once when the rest arrives", () =>
    within(async (w) => {
      const text = jsonl(line(1), line(2));
      w.write(S1, text.slice(0, -40));
      await w.read();
      expect(totals(w)).toMatchObject({ requests: 1 });
      expect(w.one("select offset from files")).toEqual({ offset: jsonl(line(1)).length });
      w.append(S1, text.slice(-40));
      await w.read();
      expect(totals(w)).toMatchObject({ requests: 2 });
      expect(w.all("select * from rejects")).toEqual([]);
    }));

  test("C35 a line of 3 MB with its usage at the end is counted", async () => {
    const big = {
      type: "tool_use",
      id: "toolu_01",
      name: "Write",
      input: { content: "x".repeat(3_000_000) },
    };
    await inEveryWay(
      { [S1]: jsonl(assistant({ message: { content: [big] }, usage: { output_tokens: 9 } }), line(2)) },
      (w) => expect(totals(w)).toMatchObject({ requests: 2, output: 10 }),
    );
  });

  const borders = [512 * 1024, 1024 * 1024, 4 * 1024 * 1024].flatMap((n) => [n - 1, n, n + 1, n + 2]);
  test.each([...borders, 9_000_000])(
    "C35 a first line of %d bytes and those around it are counted once",
    (length) =>
      within(async (w) => {
        const texts = [sized(length, 1), jsonl(line(2)), sized(length, 3), jsonl(line(4))];
        w.write(S1, texts.join(""));
        await w.read();
        const starts = texts.map((_, n) => texts.slice(0, n).join("").length);
        expect(w.all("select offset from requests order by offset")).toEqual(
          starts.map((offset) => ({ offset })),
        );
        expect(w.all("select * from rejects")).toEqual([]);
      }),
  );

  test("C34 lines that the pieces of a long file cut in two are read whole", () =>
    within(async (w) => {
      const lines = Array.from({ length: 5000 }, (_, n) => ({ of: "y".repeat(n % 97), ...line(n + 1, n) }));
      w.write(S1, jsonl(...lines));
      await w.read();
      expect(totals(w)).toMatchObject({ requests: 5000, output: (4999 * 5000) / 2 });
      expect(w.all("select * from rejects")).toEqual([]);
    }));

  test("F17 a line of 100 MB is a counted reject, its neighbours are stored and memory stays bounded", () =>
    within(async (w) => {
      const fd = openSync(w.write(S1, jsonl(line(1))), "a");
      const block = Buffer.alloc(1024 * 1024, "y");
      for (let i = 0; i < 100; i++) writeSync(fd, block);
      writeSync(fd, `\n${jsonl(line(2))}`);
      closeSync(fd);
      const before = process.memoryUsage.rss();
      await w.read();
      expect(process.memoryUsage.rss() - before).toBeLessThan(64 * 1024 * 1024);
      expect(totals(w)).toMatchObject({ requests: 2 });
      expect(w.all("select reason, offset, length_bytes from rejects")).toEqual([
        { reason: "oversize", offset: jsonl(line(1)).length, length_bytes: 100 * 1024 * 1024 },
      ]);
    }));

  test("C02 a later line's larger figure is seen, however alike the two are spelled", () =>
    within(async (w) => {
      const pairs = [10_000, 10_100, 1_000, 7].flatMap((n) => [2, 3, 8, 9].map((m) => [n + m, n + 91 - m]));
      const of = (n: number, output_tokens: number) => ({
        ...line(n),
        message: {
          id: `msg_01${n}`,
          model: "claude-opus-5-5",
          stop_reason: "end_turn",
          content: [{ type: "text", text: "x" }],
          usage: {
            input_tokens: 100,
            cache_creation_input_tokens: 0,
            cache_read_input_tokens: 18_007,
            output_tokens,
            service_tier: "standard",
          },
        },
      });
      w.write(S1, jsonl(...pairs.flatMap(([first, then], n) => [of(n, first!), of(n, then!)])));
      await w.read();
      expect(w.all("select output_tokens from requests order by offset")).toEqual(
        pairs.map(([, output_tokens]) => ({ output_tokens })),
      );
    }));

  test("C36 spaces, CRLF, BOM, other key orders and one bad byte change nothing", async () => {
    const spaced = JSON.stringify(line(1), null, 1).replaceAll("\n", " ").replaceAll('":', '" : ');
    const bytes = Buffer.from(
      JSON.stringify(
        assistant({
          requestId: "req_013",
          message: { id: "msg_013", content: [{ type: "text", text: 'AZ "id":null "model":null' }] },
        }),
      ),
    );
    bytes[bytes.indexOf("AZ")] = 0xff;
    const { message, type, ...rest } = line(4) as Record<string, unknown>;
    await within(async (w) => {
      w.write(
        S1,
        Buffer.concat([
          Buffer.from("\ufeff"),
          Buffer.from(`${spaced}\r\n`),
          bytes,
          Buffer.from("\n"),
          Buffer.from(jsonl({ message, ...rest, type })),
        ]),
      );
      await w.read();
      expect(totals(w)).toMatchObject({ requests: 3 });
      expect(w.all("select * from rejects")).toEqual([]);
    });
  });

  test("C37 a transcript quoted in a tool's answer counts nothing", async () => {
    const quoted = {
      type: "user",
      uuid: "u9",
      sessionId: "S1",
      timestamp: "2026-11-01T10:00:01.000Z",
      toolUseResult: { stdout: jsonl(line(7)) },
      message: {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "toolu_09", content: jsonl(line(8)) }],
      },
    };
    await inEveryWay({ [S1]: jsonl(line(1), quoted) }, (w) =>
      expect(totals(w)).toMatchObject({ requests: 1 }),
    );
  });

  test("C38 bad numbers count as 0 and are flagged", async () => {
    for (const bad of ["-5", '"12"', "1.5", "1e400", "null"]) {
      const text = JSON.stringify(line(1)).replace('"output_tokens":1', `"output_tokens":${bad}`);
      await within(async (w) => {
        w.write(S1, `${text}\n`);
        await w.read();
        const row = w.one<{ output_tokens: number; flags: number }>(
          "select output_tokens, flags from requests",
        );
        expect(row.output_tokens).toBe(0);
        expect(Math.floor(row.flags / 2 ** 9) % 2).toBe(1);
      });
    }
  });

  test("EC002 a broken line is counted with its file and offset, its neighbours are stored", () =>
    within(async (w) => {
      w.write(S1, `${jsonl(line(1))}{"type":"assistant","mess\n[1]\nnot json\n${jsonl(line(2))}`);
      await w.read();
      expect(totals(w)).toMatchObject({ requests: 2 });
      const rejects = w.all<{ path: string; offset: number; reason: string }>(
        "select path, offset, reason from rejects order by offset",
      );
      expect(rejects.map((r) => r.reason)).toEqual(["invalid_json", "unknown_shape", "invalid_json"]);
      expect(rejects[0]).toMatchObject({ path: w.path(S1), offset: jsonl(line(1)).length });
    }));

  test.each(["msg_012", "claude-opus-5-5", "toolu_01", "ls -l"])(
    "EC002 an escape that is none in %s costs its own line only",
    (wanted) =>
      within(async (w) => {
        const content = [{ type: "tool_use", id: "toolu_01", name: "Bash", input: { command: "ls -l" } }];
        const bad = assistant({ message: { id: "msg_012", content } });
        w.write(S1, jsonl(line(1)) + jsonl(bad).replace(wanted, `${wanted}\\q`) + jsonl(line(3)));
        await w.read();
        expect(totals(w)).toMatchObject({ requests: 2 });
        expect(w.all("select reason, offset from rejects")).toEqual([
          { reason: "invalid_json", offset: jsonl(line(1)).length },
        ]);
      }),
  );

  const completed = (w: World) => w.all("select 1 from tool_calls where outcome = 'completed'").length;
  test.each([
    ["resp_2", 2, 3],
    ["call_2", 3, 3],
    ["exec_command", 3, 3],
    ["Output:", 3, 2],
  ] as const)("EC002 B-02 an escape that is none in %s costs its own line only", (wanted, requests, calls) =>
    within(async (w) => {
      const of = (n: number) =>
        rollout("P")
          .line("token_usage_record", { response_id: `resp_${n}`, usage: usage(1000) })
          .line("response_item", {
            type: "function_call",
            call_id: `call_${n}`,
            name: "exec_command",
            arguments: "{}",
          })
          .line("response_item", {
            type: "function_call_output",
            call_id: `call_${n}`,
            output: "Exit code: 0\nOutput:\nx",
          })
          .bytes()
          .toString();
      const start = rollout("P").meta("P").turn("T1", "gpt-5.5").bytes().toString();
      w.write(ROLLOUT, start + of(1) + of(2).replace(wanted, `${wanted.slice(0, -1)}\\q`) + of(3));
      await w.read();
      expect(w.all("select reason from rejects")).toEqual([{ reason: "invalid_json" }]);
      expect([totals(w).requests, completed(w)]).toEqual([requests, calls]);
    }),
  );

  test("EC007 a file that vanishes between finding and reading is no error", () =>
    within(async (w) => {
      w.write(S1, jsonl(line(1)));
      w.write(transcript("S2"), jsonl(line(2)));
      w.pipeline.collector.scan();
      rmSync(w.path(S1));
      while (await w.pipeline.collector.pass());
      expect(totals(w)).toMatchObject({ requests: 1 });
      expect(w.pipeline.collector.telemetry.problems()).toEqual([]);
    }));

  test("EC008 a renamed file is read on from where it was, without doubles", () =>
    within(async (w) => {
      w.write(S1, jsonl(line(1)));
      await w.read();
      const moved = transcript("S1", "-w-other");
      w.write(transcript("keep", "-w-other"), "");
      renameSync(w.path(S1), w.path(moved));
      w.append(moved, jsonl(line(2)));
      await w.read();
      expect(totals(w)).toMatchObject({ requests: 2 });
      expect(w.pipeline.collector.telemetry.counters.duplicates).toBe(0);
      expect(w.one("select state from files where path = ?", w.path(moved))).toEqual({ state: "moved" });
    }));

  for (const [name, damage, state] of [
    ["deleted", (p: string) => rmSync(p), "deleted"],
    ["truncated", (p: string) => truncateSync(p, 0), "truncated"],
    [
      "rewritten in place without a request",
      (p: string) => writeFileSync(p, jsonl(line(2), ...Array(30).fill({ type: "summary", summary: "new" }))),
      "rewritten",
    ],
    [
      "cut short by a rewrite without a request",
      (p: string) => writeFileSync(p, jsonl(line(2))),
      "rewritten",
    ],
    ["cut off behind its first line", (p: string) => truncateSync(p, jsonl(line(1, 5)).length), "truncated"],
    [
      "rewritten in place with another request",
      (p: string) => writeFileSync(p, jsonl(line(2), line(3), line(3))),
      "rewritten",
    ],
  ] as const)
    test(`C12 history outlives its source: ${name}`, () =>
      within(async (w) => {
        w.write(S1, jsonl(line(1, 5), line(2)));
        await w.read();
        const before = totals(w);
        damage(w.path(S1));
        await w.read();
        expect(totals(w)).toEqual({
          ...before,
          ...(name.endsWith("another request") && { requests: 3, output: 7, cost: 140_000 }),
        });
        expect(w.one("select state from files where path = ?", w.path(S1))).toEqual({ state });
        expect(w.one("select output_tokens from requests where response_id = 'msg_011'")).toEqual({
          output_tokens: 5,
        });
      }));

  test("F15 a file with a fingerprint of an earlier version is read on, not again", async () => {
    const w = createWorld();
    w.write(S1, jsonl(line(1)));
    await w.read();
    const { fingerprint } = w.one<{ fingerprint: string }>("select fingerprint from files");
    w.db.run("update files set fingerprint = ?", [fingerprint.slice(fingerprint.indexOf(".") + 1)]);
    w.append(S1, jsonl(line(2)));
    w.pipeline.close();
    const { collector, db, close } = openPipeline(w.config, { live: SLICE, history: SLICE });
    await collector.drain();
    expect(collector.telemetry.counters).toMatchObject({ requests_committed: 1, duplicates: 0 });
    expect(db.query("select state from files").all()).toEqual([{ state: "active" }]);
    close();
    rmSync(w.home, { recursive: true, force: true });
  });

  test("F15 truncated and written again: nothing lost, nothing twice", () =>
    within(async (w) => {
      w.write(S1, jsonl(line(1), line(2), line(3)));
      await w.read();
      const fd = openSync(w.path(S1), "r+");
      ftruncateSync(fd, 0);
      closeSync(fd);
      w.append(S1, jsonl(line(4)));
      await w.read();
      expect(totals(w)).toMatchObject({ requests: 4 });
      writeFileSync(`${w.path(S1)}.new`, jsonl(line(4), line(5)));
      renameSync(`${w.path(S1)}.new`, w.path(S1));
      await w.read();
      expect(totals(w)).toMatchObject({ requests: 5 });
    }));

  test("C40 one folder under two names is read once: inside a root, as a root, and in a loop", () =>
    within(async (w) => {
      w.write(S1, jsonl(line(1)));
      symlinkSync(w.path(".claude/projects/-w-app"), w.path(".claude/projects/-linked"));
      symlinkSync(w.path(".claude/projects"), w.path(".claude/projects/-w-app/loop"));
      mkdirSync(w.path(".config"), { recursive: true });
      symlinkSync(w.path(".claude"), w.path(".config/claude"));
      await w.read();
      expect(w.one("select count(*) as n from files")).toEqual({ n: 1 });
      expect(totals(w)).toMatchObject({ requests: 1 });
    }));

  test("C40 a project is the folder in which the agent ran, not the name of its folder of transcripts", () =>
    within(async (w) => {
      w.write(transcript("S1", "-w-a-b"), jsonl({ ...line(1), cwd: "/w/a-b" }));
      w.write(transcript("S2", "-w-a-b"), jsonl({ ...line(2), sessionId: "S2", cwd: "/w/a/b" }));
      await w.read();
      expect(w.all("select project_path from sessions order by 1")).toEqual([
        { project_path: "/w/a-b" },
        { project_path: "/w/a/b" },
      ]);
    }));

  test("EC006 a change that no notification reported is found by the scan", () =>
    within(async (w) => {
      w.write(S1, jsonl(line(1)));
      await w.read();
      w.append(S1, jsonl(line(2)));
      utimesSync(w.path(S1), new Date(), new Date(Date.now() + 5000));
      w.pipeline.collector.scan();
      while (await w.pipeline.collector.pass());
      expect(totals(w)).toMatchObject({ requests: 2 });
    }));

  test("X17 a compressed rollout with a torn last frame gives the lines before it", () =>
    within(async (w) => {
      const meta = {
        timestamp: "2026-11-01T10:00:00Z",
        type: "session_meta",
        payload: { id: "P", cwd: "/w/app", cli_version: "0.169.0" },
      };
      const record = (n: number) => ({
        timestamp: "2026-11-01T10:00:00Z",
        type: "token_usage_record",
        payload: {
          thread_id: "P",
          turn_id: "T",
          response_id: `r${n}`,
          usage: {
            input_tokens: 10,
            cached_input_tokens: 0,
            output_tokens: 1,
            reasoning_output_tokens: 0,
            total_tokens: 11,
          },
        },
      });
      const frame = (...lines: unknown[]) => zstdCompressSync(Buffer.from(jsonl(...lines)));
      const torn = frame(record(3));
      w.write(
        ".codex/sessions/2026/11/01/rollout-x.jsonl.zst",
        Buffer.concat([frame(meta, record(1)), frame(record(2)), torn.subarray(0, torn.length - 4)]),
      );
      await w.read();
      expect(totals(w)).toMatchObject({ requests: 2, output: 2 });
    }));

  test("F16 a compressed rollout that breaks off leaves no read behind that would meet another file", () =>
    within(async (w) => {
      const path = w.write(".codex/sessions/2026/11/01/rollout-broken.jsonl.zst", "no frame of zstd");
      // In a process of its own: what is left behind fails when it is not awaited.
      const script = `
        import { tail } from ${JSON.stringify(join(ROOM, "tail.ts"))};
        import { codex } from ${JSON.stringify(join(ROOM, "sources/codex/source.ts"))};
        for (let i = 0; i < 1500; i++) await tail(codex, ${JSON.stringify(path)}, undefined, 1000);
        await Bun.sleep(50);`;
      const child = Bun.spawn([process.execPath, "-e", script], { stderr: "pipe", stdout: "ignore" });
      expect(await new Response(child.stderr).text()).toBe("");
      expect(await child.exited).toBe(0);
    }));
});
