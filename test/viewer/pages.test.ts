import { expect, test } from "bun:test";
import { matchPage, PAGES, type PageName, pagePath, pathOfHash } from "../../schema/pages.ts";
import { startViewer } from "./rig.ts";

const KEY = "claude:0b7e4f52-a.b_c";

test("F031.A1 the address of every view leads back to it, with its parameters and filters", () => {
  for (const page of Object.keys(PAGES) as PageName[])
    for (const value of [KEY, "a b/c?d#e%", "ü"]) {
      const url = new URL(
        pagePath(page, { key: value, name: value } as never, { q: "a b&c", empty: "" }),
        "http://x",
      );
      const match = matchPage(url.pathname);
      expect([page, match?.page, url.search]).toEqual([page, page, "?q=a+b%26c"]);
      for (const given of Object.values(match!.params)) expect(given).toBe(value);
    }
  expect(pagePath("session", { key: KEY })).toBe(`/sessions/${KEY}`);
  expect(matchPage("/sessions/%E0%A4%A")?.params).toEqual({ key: "%E0%A4%A" });
  for (const path of ["", "/sessions/", "/nothing", "/sessions/a/b", "/api/sessions", "/metrics", "/plans/"])
    expect([path, matchPage(path)]).toEqual([path, undefined]);
});

test("F031.A2 a link of the time before paths leads to the same view", () => {
  expect(pathOfHash(`#/session/${encodeURIComponent(KEY)}?tool=Bash`)).toBe(`/sessions/${KEY}?tool=Bash`);
  expect(pathOfHash("#/?source=codex&q=a+b")).toBe("/sessions?source=codex&q=a+b");
  expect(pathOfHash("#/?source=codex")).toBe("/?source=codex");
  expect(pathOfHash("#/?tool=Bash")).toBe("/events?tool=Bash");
  expect(pathOfHash("#/session/")).toBe("/");
  for (const hash of ["", "#main", "#"]) expect(pathOfHash(hash)).toBeUndefined();
});

test("F031.A3 every view's address gives the page to a browser, also from a link of another site; scripts get what was there", async () => {
  await using viewer = await startViewer();
  const opened = { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
  for (const page of Object.keys(PAGES) as PageName[]) {
    const path = pagePath(page, { key: KEY, name: "x" } as never);
    for (const site of ["none", "cross-site", "same-site", "same-origin"]) {
      const answer = await viewer.get(path, { headers: { ...opened, "Sec-Fetch-Site": site } });
      expect([path, site, answer.status]).toEqual([path, site, 200]);
      expect(await answer.text()).toContain("<title>h</title>");
    }
    for (const dest of ["iframe", "empty", "script", "image"]) {
      const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": dest };
      expect([path, dest, (await viewer.get(path, { headers })).status]).toEqual([path, dest, 403]);
    }
  }
  const stream = await viewer.get("/events");
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  await stream.body?.cancel();
  const unknown = await viewer.get("/sessions/a/b", { headers: { ...opened, "Sec-Fetch-Site": "none" } });
  expect([unknown.status, unknown.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
});
