import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { readingHint } from "../../cli/empty-store.ts";
import { SessionDetail, Totals } from "../../schema/api-shapes.ts";
import { tempHome as newHome, startDaemon, cli as toCli, until } from "../e2e/daemon.ts";
import { run, tempHome } from "./run.ts";
import { writeTranscript } from "./transcript.ts";

const home = tempHome();
const cli = (...args: string[]) => run(home, args);
const TITLE = "First \u001b]52;c;AAAA\u0007title \u202ereversed \u009b31m";

beforeAll(async () => {
  const older = writeTranscript(
    home,
    "s-one",
    "/w/alpha",
    [
      { id: "a", at: "2026-11-01T23:30:00.000Z", model: "claude-sonnet-4-5", input: 1000, output: 200 },
      {
        id: "b",
        at: "2026-11-02T00:30:00.000Z",
        model: "claude-haiku-4-5",
        input: 500,
        output: 100,
        cache_read: 2000,
      },
    ],
    TITLE,
  );
  writeTranscript(home, "s-two", "/w/beta", [
    { id: "c", at: "2026-11-20T12:00:00.000Z", model: "made-up-9", input: 10, output: 5 },
  ]);
  // The later session is read first.
  utimesSync(older, 1, 1);
  const { code, stdout } = await cli("backfill", "--json");
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, requests: 3, files: 2, rejects: 0 });
});
afterAll(() => home[Symbol.dispose]());

const ReportRow = Totals.extend({ bucket: z.string(), model_names: z.array(z.string()) });
const Answer = z.object({
  schema_version: z.literal(1),
  time_zone: z.string(),
  data: z.object({ period: z.string(), rows: z.array(ReportRow), total: Totals }),
});
/** Day, requests, tokens, cost. */
const short = (stdout: string) =>
  Answer.parse(JSON.parse(stdout)).data.rows.map((r) => [
    r.bucket,
    r.requests,
    r.total_tokens,
    r.cost_nano_usd,
  ]);

describe("daily, weekly, monthly", () => {
  test("F051.A6 days have the tokens and the cost of their requests", async () => {
    const { code, stdout } = await cli("daily", "--json");
    expect(code).toBe(0);
    // Sonnet 4.5 is $3 and $15 a million, Haiku 4.5 $1, $5 and $0.10 from cache.
    expect(short(stdout)).toEqual([
      ["2026-11-01", 1, 1200, 1000 * 3000 + 200 * 15_000],
      ["2026-11-02", 1, 2600, 500 * 1000 + 100 * 5000 + 2000 * 100],
      ["2026-11-20", 1, 15, null],
    ]);
    const { total } = Answer.parse(JSON.parse(stdout)).data;
    expect(total).toMatchObject({ requests: 3, total_tokens: 3815, cost_nano_usd: 7_200_000 });
    expect(total.coverage).toEqual({
      priced_requests: 2,
      unpriced_requests: 1,
      unpriced_tokens: 15,
      priced_tokens_percent: 99,
      cost_complete: false,
      provisional_requests: 0,
      implausible_requests: 0,
      inferred_id_requests: 3,
    });
  });

  test("F051 weeks begin on Monday, months are calendar months", async () => {
    expect(short((await cli("weekly", "--json")).stdout).map((r) => r[0])).toEqual([
      "2026-10-26",
      "2026-11-02",
      "2026-11-16",
    ]);
    expect(short((await cli("monthly", "--json")).stdout)).toEqual([["2026-11", 3, 3815, 7_200_000]]);
  });

  test("F051 --timezone moves the border of the days", async () => {
    const { stdout } = await cli("daily", "--json", "--timezone", "America/New_York");
    expect(short(stdout).map((r) => [r[0], r[1]])).toEqual([
      ["2026-11-01", 2],
      ["2026-11-20", 1],
    ]);
    expect(Answer.parse(JSON.parse(stdout)).time_zone).toBe("America/New_York");
  });

  test.each([
    [
      ["--since", "2026-11-02"],
      ["2026-11-02", "2026-11-20"],
    ],
    [["--until", "2026-11-01"], ["2026-11-01"]],
    [["--since", "20261102", "--until", "20261102"], ["2026-11-02"]],
    [
      ["--since", "2026-11-01T23:45"],
      ["2026-11-02", "2026-11-20"],
    ],
    [["--model", "claude-haiku-4-5"], ["2026-11-02"]],
    [["--project", "beta"], ["2026-11-20"]],
    [
      ["--project", "/w/alpha"],
      ["2026-11-01", "2026-11-02"],
    ],
    [
      ["--source", "claude"],
      ["2026-11-01", "2026-11-02", "2026-11-20"],
    ],
  ])("F051 %p chooses the days", async (args, days) => {
    expect(short((await cli("daily", "--json", ...args)).stdout).map((r) => r[0])).toEqual(days);
  });

  test.each([[["--source", "codex"]], [["--since", "2027-01-01", "--until", "2027-01-02"]]])(
    "F051 %p finds nothing and ends with 69",
    async (args) => {
      const { code, stdout, stderr } = await cli("daily", ...args);
      expect({ code, stdout }).toEqual({ code: 69, stdout: "" });
      expect(stderr).toContain("No matching usage\n  widen");
    },
  );

  test.each([
    [["daily", "--model", "claude-sonnet-4-6"], "did you mean claude-sonnet-4-5?"],
    [["daily", "--project", "nowhere"], "known: "],
    [["waste", "--project", "nowhere"], "known: "],
    [["cache", "--project", "nowhere"], "known: "],
    [["search", "word", "--project", "nowhere"], "known: "],
    [["export", "--project", "nowhere"], "known: "],
    [["session", "nothing-like-it"], "lists ids"],
    [["session", "nothing-like-it", "--transcript"], "lists ids"],
    [["cache", "nothing-like-it"], "lists ids"],
    [["waste", "--session", "nothing-like-it"], "lists ids"],
    [["search", "word", "--session", "nothing-like-it"], "lists ids"],
    [["export", "--session", "nothing-like-it"], "lists ids"],
    [["reconcile", "nothing-like-it"], "lists ids"],
    [["restore", "nothing-like-it"], "lists ids"],
    [["purge", "--session", "nothing-like-it"], "lists ids"],
    [["purge", "--project", "nowhere"], "known: "],
    [["guard", "--limit-usd", "1", "--scope", "session", "--session", "nothing-like-it"], "lists ids"],
    [["guard", "--limit-usd", "1", "--scope", "project", "--project", "nowhere"], "known: "],
    [["plans", "status", "nothing-like-it"], "none is stored yet"],
    [["plans", "archive", "nothing-like-it"], "none is stored yet"],
  ])("EC018 %p: an unknown name is an error with a suggestion", async (args, hint) => {
    const { code, stdout, stderr } = await run(home, args);
    expect({ code, stdout }).toEqual({ code: 69, stdout: "" });
    expect(stderr).toContain(" not found\n");
    expect(stderr).toContain(hint);
    expect(stderr).not.toMatch(/\/api\/|openapi/);
  });

  test.each([
    [["plans", "list", "--state", "foo"]],
    [["search", "word", "--role", "foo"]],
    [["search", "word", "--limit", "foo"]],
    [["search", "word", "--since", "foo"]],
    [["search", "word", "--source", "foo"]],
    [["stream"]],
  ])("EC018 %p: a bad value is refused in the words of the command line", async (args) => {
    const { code, stderr } = await run(home, args);
    expect(code).toBe(64);
    expect(stderr).not.toMatch(/\/api\/|openapi|Invalid|expected/);
  });

  test("F051 --breakdown gives every model, and their sum is the row", async () => {
    const rows = JSON.parse((await cli("monthly", "--json", "--breakdown")).stdout).data.rows;
    expect(rows[0].models.map((m: { model: string; requests: number }) => [m.model, m.requests])).toEqual([
      ["claude-sonnet-4-5", 1],
      ["claude-haiku-4-5", 1],
      ["made-up-9", 1],
    ]);
  });

  test("F051.A7 an unknown price is a dash with a footnote, and never $0", async () => {
    const lines = (await cli("daily")).stdout.split("\n");
    expect(lines.find((line) => line.startsWith("2026-11-20"))).toEndWith("—*");
    expect(lines.find((line) => line.startsWith("Total"))).toEndWith("$0.0072*");
    expect(lines.at(-3)).toBe(
      "* no price is known for 1 request (15 tokens) of made-up-9; the cost excludes them and covers 99 % of the tokens",
    );
    expect(lines.join("")).not.toContain("$0.00 ");
  });

  test("F051 without a database the fix is named", async () => {
    using empty = tempHome();
    const { code, stderr } = await run(empty, ["daily"]);
    expect(code).toBe(69);
    expect(stderr).toContain("hall-monitor start");
  });
});

describe("session", () => {
  test("F051 lists whole sessions, in JSON by the names of the API", async () => {
    const rows = JSON.parse((await cli("session", "--json")).stdout).data.rows;
    expect(
      rows.map((r: { session_key: string; cost_nano_usd: number | null; title: string | null }) => [
        r.session_key,
        r.cost_nano_usd,
      ]),
    ).toEqual([
      ["claude:s-one", 7_200_000],
      ["claude:s-two", null],
    ]);
    expect(rows[0].title).toContain("First");
  });

  test.each(["s-one", "claude:s-one", "s-on"])("F051 %s is shown in full", async (id) => {
    const { code, stdout } = await cli("session", id, "--json");
    expect(code).toBe(0);
    const detail = SessionDetail.parse(JSON.parse(stdout).data);
    expect(detail).toMatchObject({
      session_key: "claude:s-one",
      project_path: "/w/alpha",
      git_branch: "main",
      turns: 1,
    });
    expect(detail.totals.cost_nano_usd).toBe(7_200_000);
    expect((await cli("session", id)).stdout).toContain("cost      $0.0072");
  });

  test("F051 one that is not there ends with 69", async () => {
    const { code, stderr } = await cli("session", "nothing-like-it");
    expect(code).toBe(69);
    expect(stderr).toStartWith("hall-monitor: Session nothing-like-it not found");
  });
});

describe("export", () => {
  test("F051.A10 NDJSON, oldest first by time whatever was read first, one event a line", async () => {
    const events = (await cli("export")).stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(events.map((e) => [e.event_type, e.session_id, e.data.model])).toEqual([
      ["api_response", "s-one", "claude-sonnet-4-5"],
      ["api_response", "s-one", "claude-haiku-4-5"],
      ["api_response", "s-two", "made-up-9"],
    ]);
  });

  test("F051 --since, --until, --session and --source choose", async () => {
    const lines = async (...args: string[]) => (await cli("export", ...args)).stdout.split("\n").length - 1;
    expect(
      await Promise.all([
        lines("--since", "2026-11-02"),
        lines("--until", "2026-11-02"),
        lines("--session", "s-two"),
        lines("--source", "codex"),
      ]),
    ).toEqual([2, 2, 1, 0]);
  });

  test("F051 --out writes a private file, whole or not at all", async () => {
    const path = join(home.home, "events.csv");
    const { code, stdout, stderr } = await cli("export", "--format", "csv", "--out", path);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: `3 events in ${path}\n` });
    expect(readFileSync(path, "utf8").split("\r\n")).toHaveLength(5);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect((await cli("export", "--out", join(home.home, "no/such/folder"))).code).toBe(73);
  });
});

test("T21 stored control characters never reach the output", async () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
  const raw = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;
  for (const args of [
    ["session"],
    ["session", "s-one"],
    ["session", "--json"],
    ["session", "s-one", "--json"],
  ]) {
    const { stdout } = await cli(...args);
    expect(stdout).toContain("First");
    expect(stdout).not.toMatch(raw);
  }
  const listed = JSON.parse((await cli("session", "--json")).stdout).data.rows[0].title;
  expect(listed).toBe(TITLE);
});

test("F30 a database of an earlier version is an error with a fix", async () => {
  using old = tempHome();
  writeTranscript(old, "s-old", "/w/alpha", [
    { id: "a", at: "2026-11-01T10:00:00.000Z", model: "claude-sonnet-4-5", input: 10, output: 20 },
  ]);
  expect((await run(old, ["backfill"])).code).toBe(0);
  using db = new Database(join(old.data_dir, "hall.db"));
  db.run("drop table client_totals");
  db.run("pragma user_version = 1");
  const { code, stderr } = await run(old, ["reconcile", "--json"]);
  expect([code, JSON.parse(stderr)]).toMatchObject([
    65,
    { code: "database_older", hint: expect.stringContaining("hall-monitor start") },
  ]);
});

describe("where nothing is recorded yet", () => {
  test("F051 without a daemon a report advises `backfill`, with one it names how far that has read", async () => {
    const empty = newHome();
    expect((await toCli(empty, "backfill", "--quiet")).code).toBe(0);
    const alone = await toCli(empty, "daily");
    expect([alone.code, alone.stderr]).toEqual([69, expect.stringContaining("hall-monitor backfill")]);
    await using daemon = await startDaemon(empty);
    await until("the daemon has read all", async () => (await daemon.status()).backfill.done);
    const { code, stderr } = await toCli(empty, "daily");
    expect([code, stderr]).toEqual([69, expect.stringContaining("import of history is complete (0 files")]);
    expect(stderr).not.toContain("backfill");
  });

  test("F051 a daemon that is still reading is named with its progress", async () => {
    const part = { files_total: 785, files_done: 157, bytes_total: 500e6, bytes_done: 100e6 };
    const backfill = { ...part, done: false, started_unix_ms: 1, finished_unix_ms: null };
    expect(await readingHint(backfill)).toStartWith("the daemon is reading: 20 %: 157 of 785 files");
  });
});
