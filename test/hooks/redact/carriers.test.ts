import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SpoolRecord } from "../../../collector/hooks/spool-record.ts";
import { rulesHeader } from "../../../scripts/rule-compiler.ts";
import { createRandom } from "../../bench/random.ts";
import { CONTEXTS, core, plantedSecrets } from "../../collector/redact/planted.ts";
import { carriers, fireHook, ROOT, spoolRecords, tempFolder } from "../fire.ts";

const PLANTED = plantedSecrets(11, 5);
const [native, runtime] = carriers();
const MODES = ["redacted", "metadata"] as const;

/** What a real hook process of each carrier leaves of a payload. */
async function carry(root: string, payload: string, mode: string): Promise<string> {
  using data = tempFolder();
  const env = { HALL_DATA_DIR: data.path, HALL_CAPTURE: mode };
  expect(await fireHook("Stop", `${payload}\n`, { root, env })).toMatchObject({ code: 0, stdout: "" });
  const [record] = spoolRecords(data.path);
  return bodyOf(record!, data.path);
}

function bodyOf({ kind, body }: SpoolRecord, data: string): string {
  return kind.endsWith("-file/1")
    ? readFileSync(join(data, "spool/big", body.toString()), "utf8")
    : body.toString("utf8");
}

/** The same value, where it is JSON; escapes may be written in two ways. */
function meant(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return body;
  }
}

async function both(payload: string, mode: string): Promise<string> {
  const bodies = await Promise.all([native!, runtime!].map(({ root }) => carry(root, payload, mode)));
  const [first, second] = bodies.map(meant);
  expect(first).toBe(second!);
  return bodies.join("\n");
}

const every = (n: number, of: (char: string) => string) => (text: string) =>
  [...text].map((char, i) => (i % n === 0 ? of(char) : char)).join("");
const hex = (char: string, digits: number) => char.charCodeAt(0).toString(16).padStart(digits, "0");

const SPELLINGS: Record<string, (secret: string) => string> = {
  "as it is": (s) => s,
  "in JSON": (s) => JSON.stringify({ a: s, b: `${s}\n` }),
  "in JSON in JSON": (s) => JSON.stringify({ text: JSON.stringify({ a: s }) }),
  "with escapes": every(3, (char) => `\\u${hex(char, 4)}`),
  "in an address": every(4, (char) => `%${hex(char, 2)}`),
  "as base64": (s) => Buffer.from(`xx${s}yy`).toString("base64"),
};

describe("what carriers write", () => {
  test("T29 the carrier's tables are those of the rules", () => {
    expect(readFileSync(join(ROOT, "hooks/native/rules.h"), "utf8")).toBe(rulesHeader());
  });

  for (const [name, spell] of Object.entries(SPELLINGS))
    test(`T29 none of 225 secrets of 45 kinds, ${name}, is in the spool, and both carriers write alike`, async () => {
      for (const [i, context] of CONTEXTS.entries()) {
        const list = PLANTED.map(({ kind, secret }) => ({ kind, value: context(spell(secret)) }));
        const payload = JSON.stringify({
          session_id: "s",
          hook_event_name: "PostToolUse",
          tool_input: { list },
        });
        for (const mode of MODES) {
          const written = await both(payload, mode);
          const found = PLANTED.filter((p) => written.includes(core(p))).map(({ kind }) => `${kind} in ${i}`);
          expect(found).toEqual([]);
        }
      }
    });

  test("T29 of texts made at random both carriers write the same", async () => {
    const random = createRandom(5).next;
    const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
    const pieces = [
      ...PLANTED.map(({ secret }) => secret),
      "password",
      "token",
      "api_key",
      "= ",
      ": ",
      "=> ",
      '"',
      "'",
      "\\",
      "\\n",
      "\n",
      " ",
      "%",
      "eyJ",
      "é",
      "…",
      ..."😀 :// @ user: Bearer null true xxx AIza ghp_ a/b \\u0041 \\x41 ; { } [ ] $ | & env. required EAA".split(
        " ",
      ),
      "-----BEGIN PRIVATE KEY-----",
      "-----END PRIVATE KEY-----",
      "cookie: ",
      "process.env.A",
      "[redacted:x]",
      "mysql -pfoobar",
      "curl -u a:b c",
      "machine a login b password c",
      "aws_account_id=123456789012",
    ];
    const piece = () => (random() < 0.15 ? one(pieces).slice(0, Math.floor(random() * 9)) : one(pieces));
    const names = ["password", "api_key", "x", "session_id", "authToken", "Authorization", "tokens"];
    for (let round = 0; round < 12; round++) {
      const texts = Array.from({ length: 60 }, () =>
        Array.from({ length: 1 + Math.floor(random() * 12) }, piece).join(""),
      );
      const payload = { cwd: "/w", prompt: texts[0], texts: texts.map((text) => ({ [one(names)]: text })) };
      for (const mode of MODES) {
        await both(JSON.stringify(payload), mode);
        await both(texts.join(" ").replaceAll("\n", " "), mode);
      }
    }
  });

  test("T29 a field that is named after a secret is covered whole, ids and placeholders are not", async () => {
    const input = {
      password: "hunter2",
      api_key: "plain words",
      Authorization: "tok",
      cookie: "a=bcde",
      DB_PASSWORD_2: "abcd",
      secrets: ["one-one", "two-two"],
      session_id: "5b671fcc-93dd",
      max_tokens: "4096",
      token: "[redacted:jwt]",
    };
    const written = JSON.parse(
      (await both(JSON.stringify({ tool_input: input }), "redacted")).split("\n")[0]!,
    );
    const covered = "[redacted:named_secret]";
    expect(written.tool_input).toEqual({
      password: covered,
      api_key: covered,
      Authorization: "tok",
      cookie: covered,
      DB_PASSWORD_2: covered,
      secrets: [covered, covered],
      session_id: "5b671fcc-93dd",
      max_tokens: "4096",
      token: "[redacted:jwt]",
    });
  });

  test("T29 full keeps the payload's bytes; metadata keeps names, figures and the size of every text", async () => {
    const payload = JSON.stringify({
      session_id: "s1",
      cwd: "/w/shop",
      hook_event_name: "UserPromptSubmit",
      permission_mode: "plan",
      prompt: "grüße, walrus 😀\n\tplease \u0001",
      n: [1, true, null],
      tool_input: { file_path: "/walrus", é: "w" },
    });
    expect(meant((await both(payload, "full")).split("\n")[0]!)).toBe(payload);
    const bare = (await both(payload, "metadata")).split("\n")[0]!;
    expect(bare).not.toMatch(/walrus|please|gr/);
    const read = JSON.parse(bare);
    const sent = JSON.parse(payload);
    expect(read).toMatchObject({
      session_id: "s1",
      cwd: "/w/shop",
      permission_mode: "plan",
      n: [1, true, null],
    });
    for (const name of ["prompt", "tool_input"])
      expect(Buffer.byteLength(JSON.stringify(read[name]))).toBe(
        Buffer.byteLength(JSON.stringify(sent[name])),
      );
    const command = (await both(JSON.stringify({ prompt: "/compact the walrus" }), "metadata")).split(
      "\n",
    )[0]!;
    expect(JSON.parse(command).prompt).toBe(`/compact${"x".repeat(11)}`);
  });
});
