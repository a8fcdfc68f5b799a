import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SpoolRecord } from "../../../collector/hooks/spool-record.ts";
import { captureBytes } from "../../../hooks/redact/mode.ts";
import {
  type CaptureSettings,
  type CaptureTexts,
  DEFAULT_CAPTURE,
} from "../../../schema/capture-settings.ts";
import { carriers, fireHook, spoolRecords, tempFolder } from "../fire.ts";

const SECRET = `ghp_${"q7Rt".repeat(9)}`;
const MAIL = "someone@example.org";
const WORDS = "mend the walrus basket";

type Written = { mode: CaptureTexts; mail: boolean };
type Case = {
  name: string;
  /** What the data directory holds when the hook runs. */
  leave?: (folder: string) => void;
  cwd?: string | null;
  variable?: string;
  expected: CaptureTexts;
  /** Whether an e-mail address is still there. */
  mail?: boolean;
};

const settings = (over: Partial<CaptureSettings>) => captureBytes({ ...DEFAULT_CAPTURE, ...over });
const leave = (bytes: string | Uint8Array) => (folder: string) =>
  writeFileSync(join(folder, "capture"), bytes, { mode: 0o600 });
const projects = { "/w": "metadata", "/w/open": "full", "/w/open/deep/": "redacted" } as const;

const CASES: Case[] = [
  { name: "no settings", expected: "redacted", mail: true },
  { name: "no settings, but the variable", variable: "full", expected: "full", mail: true },
  { name: "a variable that is no mode", variable: "everything", expected: "redacted", mail: true },
  { name: "settings for all", leave: leave(settings({ mode: "full" })), expected: "full", mail: true },
  { name: "settings for names only", leave: leave(settings({ mode: "metadata" })), expected: "metadata" },
  { name: "settings for e-mail addresses", leave: leave(settings({ emails: true })), expected: "redacted" },
  {
    name: "a variable that allows more",
    leave: leave(settings({ mode: "metadata" })),
    variable: "full",
    expected: "metadata",
  },
  {
    name: "a variable that allows less",
    leave: leave(settings({ mode: "full" })),
    variable: "metadata",
    expected: "metadata",
  },
  ...(
    [
      ["without settings", "/elsewhere", "full"],
      ["with a name that only begins like another", "/wide", "full"],
      ["below one with settings", "/w/shop", "metadata"],
      ["with settings", "/w", "metadata"],
      ["below two with settings", "/w/open/api", "full"],
      ["with a slash behind it in the settings", "/w/open/deep", "redacted"],
      ["that it does not name", null, "metadata"],
    ] as const
  ).map(([name, cwd, expected]) => ({
    name: `a payload of a folder ${name}`,
    cwd,
    expected,
    mail: expected !== "metadata",
    leave: leave(settings({ mode: "full", projects })),
  })),
  {
    name: "settings older than config.json",
    leave: (folder) => {
      leave(settings({ mode: "full" }))(folder);
      writeFileSync(join(folder, "config.json"), "{}");
      utimesSync(join(folder, "capture"), 1_700_000_000, 1_700_000_000);
    },
    expected: "redacted",
  },
  {
    name: "old settings that ask for less",
    leave: (folder) => {
      leave(settings({ mode: "metadata" }))(folder);
      writeFileSync(join(folder, "config.json"), "{}");
      utimesSync(join(folder, "capture"), 1_700_000_000, 1_700_000_000);
    },
    expected: "metadata",
  },
  { name: "empty settings", leave: leave(""), variable: "full", expected: "redacted" },
  { name: "settings of mere words", leave: leave("full, please"), variable: "full", expected: "redacted" },
  { name: "settings that were cut off", leave: leave("fe\0m/w"), variable: "full", expected: "redacted" },
  {
    name: "settings of 80 kB",
    leave: leave(`f-\0${"f/w\0".repeat(20_000)}`),
    variable: "full",
    expected: "redacted",
  },
  {
    name: "settings behind a link",
    leave: (folder) => {
      writeFileSync(join(folder, "other"), settings({ mode: "full" }));
      symlinkSync(join(folder, "other"), join(folder, "capture"));
    },
    variable: "full",
    expected: "redacted",
  },
  {
    name: "settings that are a folder",
    leave: (folder) => mkdirSync(join(folder, "capture")),
    variable: "full",
    expected: "redacted",
  },
  {
    name: "settings that are a FIFO",
    leave: (folder) => void Bun.spawnSync(["mkfifo", join(folder, "capture")]),
    variable: "full",
    expected: "redacted",
  },
];

function bodyOf({ kind, body }: SpoolRecord, folder: string): string {
  return kind.endsWith("-file/1")
    ? readFileSync(join(folder, "spool/big", body.toString()), "utf8")
    : body.toString();
}

/** What a real hook process writes of words, a secret and an address. */
async function written(root: string, { leave, cwd = "/elsewhere", variable }: Case): Promise<Written> {
  using data = tempFolder();
  leave?.(data.path);
  const payload = {
    session_id: "s",
    hook_event_name: "UserPromptSubmit",
    ...(cwd !== null && { cwd }),
    prompt: `${WORDS} with ${SECRET} for ${MAIL}`,
  };
  const env = { HALL_DATA_DIR: data.path, ...(variable !== undefined && { HALL_CAPTURE: variable }) };
  expect(await fireHook("UserPromptSubmit", `${JSON.stringify(payload)}\n`, { root, env })).toEqual(
    expect.objectContaining({ code: 0, stdout: "", stderr: "" }),
  );
  const [record] = spoolRecords(data.path);
  const { prompt } = JSON.parse(record!.body.toString()) as { prompt: string };
  const mode = prompt.includes(SECRET) ? "full" : prompt.includes(WORDS) ? "redacted" : "metadata";
  return { mode, mail: prompt.includes(MAIL) };
}

for (const carrier of carriers())
  describe(`how much the ${carrier.name} carrier writes`, () => {
    for (const one of CASES)
      test(`T29 ${one.name}: ${one.expected}`, async () => {
        expect(await written(carrier.root, one)).toEqual({ mode: one.expected, mail: one.mail ?? false });
      });

    test("T29 more secrets than there is room for leave none, and the event is kept", async () => {
      using data = tempFolder();
      const prompt = `${WORDS} ${`${SECRET} `.repeat(80_000)}`;
      const payload = JSON.stringify({
        session_id: "s",
        hook_event_name: "UserPromptSubmit",
        cwd: "/w",
        prompt,
      });
      const env = { HALL_DATA_DIR: data.path };
      const fired = await fireHook("UserPromptSubmit", `${payload}\n`, { root: carrier.root, env });
      expect(fired).toMatchObject({ code: 0, stdout: "" });
      const body = bodyOf(spoolRecords(data.path)[0]!, data.path);
      expect(JSON.parse(body)).toMatchObject({ session_id: "s", hook_event_name: "UserPromptSubmit" });
      expect(body).not.toContain(SECRET);
      // Without the room to cover each, all words are masked.
      expect(body.includes(WORDS)).toBe(carrier.name !== "native");
    });
  });
