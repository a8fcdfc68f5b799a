import { expect, test } from "bun:test";
import type { Answer } from "../../schema/api-types.ts";
import { NOW, startViewer, unpriced } from "./rig.ts";

type Kinds = Answer<"GET /api/costs/kinds">;
type Requests = Answer<"GET /api/requests">;

test("F045.A10 cost by kind of token adds up to the cost, and requests come by their time whatever was read first", async () => {
  await using viewer = await startViewer();
  const get = async <T>(path: string) => (await (await viewer.get(path)).json()) as T;
  const { one } = viewer.ids;
  viewer.commit((r) => {
    const kinds = { output_nano_usd: 500, cost_nano_usd: 510 };
    // The last two that were read are the first that happened.
    r.request(one, { request_key: "claude:new", time_unix_ms: NOW - 1000, ...kinds });
    r.request(one, { request_key: "claude:old", time_unix_ms: NOW - 3000, ...kinds });
    r.request(one, { request_key: "claude:same", time_unix_ms: NOW - 3000, ...unpriced });
    r.rollup();
  });
  const of = "session_id=claude:abc-1&start_time=2026-11-20";
  const { kinds } = (await get<Kinds>(`/api/costs/kinds?${of}`)).data;
  expect(kinds.map((k) => [k.kind, k.cost_nano_usd])).toEqual([
    ["input", 2],
    ["cache_creation_5m", 4],
    ["cache_creation_1h", 6],
    ["cache_read", 8],
    ["output", 1000],
    ["web_search", 0],
  ]);
  const whole = (await get<Requests>(`/api/requests?${of}`)).data;
  expect(whole.map((r) => r.request_key)).toEqual(["claude:new", "claude:same", "claude:old"]);
  expect(kinds.reduce((sum, k) => sum + (k.cost_nano_usd ?? 0), 0)).toBe(
    whole.reduce((sum, r) => sum + (r.cost_nano_usd ?? 0), 0),
  );
  // A range that ends within a quarter of an hour has its part of it only.
  const part = (await get<Kinds>(`/api/costs/kinds?${of}&end_time=${NOW - 2000}`)).data.kinds;
  expect(part.find((k) => k.kind === "output")?.cost_nano_usd).toBe(500);
  const paged: string[] = [];
  for (let cursor = "", n = 0; n < 3; n++) {
    const page = await get<Requests>(`/api/requests?${of}&limit=1${cursor && `&cursor=${cursor}`}`);
    paged.push(...page.data.map((r) => r.request_key));
    cursor = page.next_cursor ?? "";
  }
  expect(paged).toEqual(whole.map((r) => r.request_key));
  const none = await get<Kinds>("/api/costs/kinds?model=nothing-like-it");
  expect(none.data.kinds.every((k) => k.cost_nano_usd === null)).toBe(true);
});
