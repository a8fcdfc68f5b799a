import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createLocalApp } from "../../cli/local-app.ts";
import { folded, parseSearch } from "../../schema/search-text.ts";
import { openReader } from "../../store/database.ts";
import { textReader } from "../../store/texts.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";

const WORDS = "fence paint gate green hinge lamp roof brick sand tile wood nail saw Grün café stock".split(
  " ",
);
let world: World;
let app: ReturnType<typeof createLocalApp>;

const at = (i: number) => new Date(Date.parse("2026-11-01T10:00:00Z") + i * 1000).toISOString();
const user = (i: number, session: string, content: unknown, more: object = {}) => ({
  type: "user",
  sessionId: session,
  uuid: `u${session}${i}`,
  timestamp: at(i),
  cwd: `/w/${session}`,
  message: { role: "user", content },
  ...more,
});

beforeAll(async () => {
  world = createWorld();
  let seed = 42;
  const random = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed / 2147483648;
  };
  const sentence = () =>
    Array.from(
      { length: 3 + Math.floor(random() * 12) },
      () => WORDS[Math.floor(random() * WORDS.length)],
    ).join(random() < 0.2 ? "-" : " ");
  for (const session of ["S1", "S2", "S3"]) {
    const lines = Array.from({ length: 60 }, (_, i) => [
      user(i * 4, session, sentence()),
      assistant({
        sessionId: session,
        uuid: `a${session}${i}`,
        timestamp: at(i * 4 + 1),
        requestId: `r${session}${i}`,
        message: {
          id: `msg_${session}${i}`,
          content: [
            { type: "text", text: sentence() },
            {
              type: "tool_use",
              id: `t${session}${i}`,
              name: i % 2 ? "Bash" : "Read",
              input: { command: sentence() },
            },
          ],
        },
      }),
      user(i * 4 + 2, session, [
        { type: "tool_result", tool_use_id: `t${session}${i}`, is_error: i % 5 === 0, content: sentence() },
      ]),
    ]).flat();
    world.write(transcript(session, `-w-${session}`), jsonl(...lines));
  }
  await world.read();
  await world.pipeline.collector.drainTexts();
  app = createLocalApp(openReader(world.config.data_dir), world.config);
});
afterAll(() => world.close());

/** Every stored text that matches, found by reading all of them. */
function bruteForce(q: string): string[] {
  const { words, phrases } = parseSearch(q);
  const { textOf } = textReader(world.db);
  return world
    .all<{ text_pk: number; chunk_pk: number; chunk_start: number; chunk_chars: number }>(
      "select * from texts",
    )
    .filter((row) => {
      const tokens = folded(textOf(row)).match(/[\p{L}\p{N}_]+/gu) ?? [];
      const has = words.every(({ word, is_prefix }) =>
        tokens.some((t) => (is_prefix ? t.startsWith(word) : t === word)),
      );
      const inRow = (phrase: string[]) =>
        tokens.some((_, i) => phrase.every((word, j) => tokens[i + j] === word));
      return has && phrases.every(inRow);
    })
    .map((row) => String(row.text_pk))
    .sort();
}

async function searched(query: Record<string, string>, from = app): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const answer = await from.call("GET /api/search", {
      query: { q: "", limit: "70", cursor, ...query } as never,
    });
    ids.push(...answer.data.hits.flatMap((h) => (h.id === null ? [] : [h.id])));
    cursor = answer.next_cursor ?? undefined;
  } while (cursor);
  return ids.sort();
}

describe("search", () => {
  test("F041.A2 words, phrases, beginnings and accents find what reading everything finds", async () => {
    for (const q of [
      "fence",
      "fence paint",
      '"green hinge"',
      "pai*",
      "grun",
      "CAFE stock",
      "lamp-roof",
      '"saw nail" gr*',
      "absent",
    ])
      expect([q, await searched({ q })]).toEqual([q, bruteForce(q)]);
  });

  test("T31 an old prompt is before hundreds of newer outputs with its word, and pages show each match once", async () => {
    const own = createWorld();
    try {
      const path = transcript("S9", "-w-S9");
      own.write(path, jsonl(user(0, "S9", "Fit the keelson before the ribs")));
      const there = createLocalApp(openReader(own.config.data_dir), own.config);
      const printed = async (from: number, to: number) => {
        const lines = Array.from({ length: to - from }, (_, i) => {
          const content = `keelson ${from + i} ${"plank ".repeat(i % 50)}`;
          return user(from + i, "S9", [{ type: "tool_result", tool_use_id: `k${from + i}`, content }]);
        });
        own.append(path, jsonl(...lines));
        await own.read();
        await own.pipeline.collector.drainTexts();
      };
      await printed(1, 900);
      const { data } = await there.call("GET /api/search", { query: { q: "keelson", limit: "5" } });
      expect(data.hits.filter((h) => h.id !== null).map((h) => h.kind)).toEqual([
        "prompt",
        ...Array.from({ length: 4 }, () => "tool_output" as const),
      ]);
      await printed(900, 1500);
      const ids = await searched({ q: "keelson" }, there);
      expect([ids.length, new Set(ids).size]).toEqual([1500, 1500]);
    } finally {
      own.close();
    }
  });

  test("T31 filters narrow, and a hit leads to its place in the transcript", async () => {
    const all = await app.call("GET /api/search", { query: { q: "fence", limit: "1000" } });
    const failed = await app.call("GET /api/search", {
      query: { q: "fence", failed: "true", role: "tool_output" },
    });
    expect(failed.data.hits.length).toBeGreaterThan(0);
    expect(failed.data.hits.every((h) => h.is_error && h.kind === "tool_output")).toBe(true);
    const bash = await app.call("GET /api/search", {
      query: { q: "fence", tool_name: "bash", limit: "1000" },
    });
    expect(bash.data.hits.every((h) => h.tool_name === "Bash")).toBe(true);
    const one = await app.call("GET /api/search", { query: { q: "fence", project: "S2", limit: "1000" } });
    expect(one.data.hits.every((h) => h.session_key === "claude:S2")).toBe(true);
    expect(one.data.hits.length).toBeLessThan(all.data.hits.length);
    const hit = all.data.hits.find((h) => h.id !== null)!;
    const page = await app.call("GET /api/sessions/:id/transcript", {
      params: { id: hit.session_key },
      query: { around: hit.id!, limit: "10" },
    });
    expect(page.data.items.map((i) => i.id)).toContain(hit.id!);
    const [start, end] = hit.marks[0]!;
    expect(folded(hit.snippet.slice(start, end))).toBe("fence");
  });

  test("T31 a title is found as it is shown, first", async () => {
    const [session] = (await app.call("GET /api/sessions", { query: { source: "claude" } })).data;
    const word = session!.title!.split(/[ -]/)[0]!;
    const answer = await app.call("GET /api/search", { query: { q: word } });
    expect(answer.data.hits[0]?.kind).toBe("title");
    expect(answer.data.hits.some((h) => h.kind === "title" && h.session_key === session!.session_key)).toBe(
      true,
    );
  });

  test("T31 whatever is asked, nothing of it is syntax of the index", async () => {
    for (const q of [
      '"',
      "AND",
      "NOT fence",
      "a OR b",
      "fence*",
      "*",
      "(",
      "text:fence",
      "NEAR(a b)",
      "^x",
      "-fence",
      "😀",
      "' or 1=1",
    ])
      expect(await searched({ q })).toBeArray();
  });
});

describe("transcript", () => {
  const page = (query: object) =>
    app.call("GET /api/sessions/:id/transcript", { params: { id: "claude:S1" }, query: query as never });

  test("F041.A3 pages lead through all of it in either direction, without a gap or a text twice", async () => {
    const whole = (await page({ limit: "1000" })).data.items.map((i) => i.id);
    expect(whole).toHaveLength(240);
    for (const [from, way] of [
      ["start", "after_cursor"],
      ["end", "before_cursor"],
    ] as const) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const { data } = await page(cursor ? { cursor, limit: "37" } : { from, limit: "37" });
        const ids = data.items.map((i) => i.id);
        if (way === "after_cursor") seen.push(...ids);
        else seen.unshift(...ids);
        cursor = data[way];
      } while (cursor);
      expect(seen).toEqual(whole);
    }
  });

  test("T30 one role, an unknown text, another session's text", async () => {
    const { data } = await page({ role: "prompt", limit: "1000" });
    expect(new Set(data.items.map((i) => i.role))).toEqual(new Set(["prompt"]));
    expect(data.items).toHaveLength(60);
    expect(page({ around: "999999" })).rejects.toThrow("not found in this session");
  });
});
