import { afterAll, beforeAll, expect, test } from "bun:test";
import { createAccess } from "../../viewer/access/access.ts";
import { firstTimeline } from "../../viewer/first-requests.ts";
import { until } from "../e2e/daemon.ts";
import { NOW, startViewer, TOKEN, type Viewer } from "./rig.ts";

const SHELL = "<!doctype html><html><head><title>h</title></head><body><div id=page></div></body></html>";
const TITLE = "</script><script>alert(1)</script><!-- $& $1";
const assets = new Map([["/", { body: SHELL, type: "text/html; charset=utf-8" }]]);
const OPENED = { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "none" };

let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer({ assets, now: () => NOW });
  viewer.commit((r) => {
    const pk = r.session("s1", { title: TITLE, last_unix_ms: NOW });
    r.request(pk, { time_unix_ms: NOW - 60_000 });
  });
});
afterAll(() => viewer[Symbol.asyncDispose]());

type First = { path: string; etag: string; body: { data: unknown } };
const BLOCK = /<script type="application\/json" id="first-responses">(.*?)<\/script>/s;
async function open(path: string, headers: Record<string, string> = {}) {
  const html = await (await viewer.get(path, { headers: { ...OPENED, ...headers } })).text();
  const block = BLOCK.exec(html)?.[1];
  return { html, responses: block ? (JSON.parse(block) as { responses: First[] }).responses : undefined };
}

test("F045.A11 a page holds the responses that it needs first, equal to those of the routes", async () => {
  let { html, responses } = await open("/");
  // A first answer that takes long leaves out the ones behind it, which the page then requests itself.
  await until("all answers are in time", async () => {
    ({ html, responses } = await open("/"));
    return responses?.length === 13;
  });
  expect(responses!.map(({ path }) => path.split("?")[0])).toEqual([
    "/api/status",
    "/api/costs",
    "/api/costs",
    "/api/sessions",
    "/api/limits",
    "/api/alerts",
    "/api/aggregations",
    "/api/cache",
    "/api/aggregations",
    "/api/aggregations",
    "/api/aggregations",
    "/api/costs/kinds",
    "/api/metrics",
  ]);
  for (const { path, etag, body } of responses!) {
    const reply = await viewer.get(path);
    expect([path, reply.headers.get("etag")]).toEqual([path, etag]);
    expect(((await reply.json()) as First["body"]).data).toEqual(body.data);
  }
  // What an agent wrote cannot end the element around it.
  expect(html.match(/<\/?script/g)).toHaveLength(2);
  expect(JSON.stringify(responses)).toContain(JSON.stringify(TITLE).slice(1, -1));
  expect((await open("/plans")).responses!.length).toBe(5);
  // A request that is refused is left to the page, which shows why.
  expect(
    (await open("/?source=unknown")).responses!.some(({ path }) => path.includes("source=unknown")),
  ).toBe(false);
});

test("F045.A11 a page that another site opens, or that a program reads, brings no data", async () => {
  for (const site of ["cross-site", "same-site"])
    expect((await open("/", { "Sec-Fetch-Site": site })).html).toBe(SHELL);
  expect(await (await viewer.get("/")).text()).toBe(SHELL);
  expect((await open("/", { "Sec-Fetch-Site": "same-origin" })).responses).toBeDefined();
  await using closed = await startViewer({
    assets,
    access: createAccess({ mode: "token", tokens: [TOKEN] }),
  });
  const refused = await closed.get("/", { headers: OPENED });
  expect([refused.status, (await refused.text()).includes("first-responses")]).toEqual([401, false]);
  const known = await closed.get("/", { headers: { ...OPENED, Authorization: `Bearer ${TOKEN}` } });
  expect(await known.text()).toContain("first-responses");
});

test("F045.A11 the page of a session holds its head, its outline and the items that are in sight", async () => {
  const opened = (await open("/sessions/claude:s1")).responses!.map(({ path }) => path);
  const own = "/api/sessions/claude%3As1";
  expect(opened.slice(0, 3)).toEqual([own, `${own}/outline`, `${own}/timeline?limit=100&offset=0`]);
  const part = (await open("/sessions/claude:s1?tab=transcript")).responses!.map(({ path }) => path);
  expect(part.filter((path) => path.startsWith(own))).toEqual([own]);
  expect(
    (await open("/sessions/claude:unknown")).responses!.some(({ path }) =>
      /claude(:|%3A)unknown/i.test(path),
    ),
  ).toBe(false);
});

test("F045.A11 a live session comes with the last of its items", () => {
  const offsets = (state: "working" | "ended", items: number) =>
    firstTimeline("s", { state }, items).map((path) => new URL(path, "http://h").searchParams.get("offset"));
  expect(offsets("ended", 10_250)).toEqual(["0"]);
  expect(offsets("working", 10_250)).toEqual(["10200"]);
  expect(offsets("working", 10_205)).toEqual(["10100", "10200"]);
  expect(offsets("working", 0)).toEqual(["0"]);
});
