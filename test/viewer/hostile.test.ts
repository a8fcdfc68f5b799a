import { describe, expect, test } from "bun:test";
import type { Answer } from "../../schema/api-types.ts";
import { toolMatcher } from "../../schema/tool-pattern.ts";
import { startViewer, type Viewer } from "./rig.ts";

const VALUES = [
  "' OR 1=1--",
  "' OR '1'='1",
  "x' union select source_session_id from sessions--",
  "');delete from events;--",
  "%",
  "_",
  "*",
  "\0",
  "a\nb",
  "../../etc/passwd",
  "NaN",
  "[]",
  "{}",
  "😀",
  "x".repeat(900),
  "x".repeat(3000),
];

/** Every parameter that chooses; a value that is in no row must choose nothing, not everything. */
const LISTS: Record<string, string[]> = {
  "/api/metrics": [
    "session_id",
    "project",
    "source",
    "event_type",
    "event_category",
    "tool_name",
    "tags",
    "q",
  ],
  "/api/sessions": ["project", "source", "q", "state"],
  "/api/requests": ["session_id", "project", "source", "model", "agent_id", "unpriced"],
};
const SUMS: Record<string, string[]> = {
  "/api/costs": ["session_id", "project", "source"],
  "/api/metrics/costs": ["session_id", "project", "source"],
};

/** The answer, or undefined where the value was refused. */
async function visit<T>(viewer: Viewer, path: string, name: string, value: string): Promise<T | undefined> {
  const response = await viewer.get(`${path}?${name}=${encodeURIComponent(value)}`);
  const body = (await response.json()) as T & { detail?: string };
  const shown = `${path} ${name}=${value.slice(0, 40)}: ${response.status}`;
  expect(shown).toMatch(/: (200|400)$/);
  if (response.status === 200) return body;
  expect(JSON.stringify(body)).toContain(name);
  return undefined;
}

/** Whether a row shows the text as it was written, in any case. */
const holds = (row: unknown, value: string) =>
  JSON.stringify(row).toLowerCase().includes(JSON.stringify(value).slice(1, -1).toLowerCase());

/** A star matches any characters of a tool's name; no other value names a tool. */
const toolOf = (name: string, value: string) => (row: unknown) =>
  name === "tool_name" &&
  value.includes("*") &&
  toolMatcher(value)((row as { tool_name?: string }).tool_name);

describe("F026.A2 hostile parameters give 200 or 400 and never more than they asked for", () => {
  test("F026 in lists", async () => {
    await using viewer = await startViewer();
    let answered = 0;
    for (const [path, names] of Object.entries(LISTS))
      for (const name of names)
        for (const value of VALUES) {
          const body = await visit<{ data: unknown[] }>(viewer, path, name, value);
          if (body === undefined) continue;
          answered++;
          // What is in some text as it is written may be found by a text search, and nothing else.
          const isMeant = name === "q" ? (row: unknown) => holds(row, value) : toolOf(name, value);
          const wrong = body.data.filter((row) => !isMeant(row));
          expect([path, name, value, wrong]).toEqual([path, name, value, []]);
        }
    expect(answered).toBeGreaterThan(50);
  });

  test("F026 in sums", async () => {
    await using viewer = await startViewer();
    for (const [path, names] of Object.entries(SUMS))
      for (const name of names)
        for (const value of VALUES) {
          const body = await visit<Answer<"GET /api/costs">>(viewer, path, name, value);
          if (body)
            expect([path, value, body.data.total.requests, body.data.rows]).toEqual([path, value, 0, []]);
        }
  });

  test("F026 in pages: a limit is a limit, and a cursor of one's own making opens nothing", async () => {
    await using viewer = await startViewer();
    for (const limit of ["0", "-1", "1001", "1e9", "1;", "0x10", "", " 5"])
      expect([limit, (await viewer.get(`/api/metrics?limit=${encodeURIComponent(limit)}`)).status]).toEqual([
        limit,
        400,
      ]);
    for (const cursor of ["' OR 1=1--", "\0", "a b", "x".repeat(500)])
      expect((await viewer.get(`/api/metrics?cursor=${encodeURIComponent(cursor)}`)).status).toBe(400);
    for (const forged of [{ seq: "1 or 1=1" }, ["1 or 1=1"], { __proto__: 1 }, null, "' or 1=1"]) {
      const cursor = Buffer.from(JSON.stringify(forged)).toString("base64url");
      const response = await viewer.get(`/api/metrics?limit=3&cursor=${cursor}`);
      const body = (await response.json()) as Partial<Answer<"GET /api/metrics">>;
      expect([cursor, [200, 400].includes(response.status)]).toEqual([cursor, true]);
      expect(body.data?.length ?? 0).toBeLessThanOrEqual(3);
    }
  });
});
