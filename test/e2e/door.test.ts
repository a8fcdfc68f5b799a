import { afterAll, beforeAll, expect, test } from "bun:test";
import { createWorld, type Daemon, type Open, openPage, startDaemon, type World } from "./page-rig.ts";

let world: World;
let daemon: Daemon;
let open: Open;
/** A page of another origin: the same host on another port, as any other local program has it. */
let other: ReturnType<typeof Bun.serve>;

const PATHS = ["/metrics", "/api/limits", "/openapi.json", "/api/status", "/status.json", "/healthz"];

beforeAll(async () => {
  world = createWorld();
  daemon = await startDaemon(world);
  open = await openPage(daemon.url);
  other = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("<!doctype html><body></body>", { headers: { "Content-Type": "text/html" } }),
  });
});
afterAll(async () => {
  await open.close();
  await other.stop(true);
  await daemon.stop();
  world.remove();
});

test("F017.A6 every reading path that is typed into the browser's address bar is shown", async () => {
  for (const path of PATHS) {
    const answer = await open.page.goto(`${daemon.url}${path}`);
    expect([path, answer?.status()]).toEqual([path, 200]);
    expect((await answer!.request().allHeaders())["sec-fetch-site"]).toBe("none");
  }
  expect(await open.page.locator("body").textContent()).toContain('"state"');
});

test("F017.A7 a page of another origin opens the page by a link, and gets nothing else", async () => {
  // Another site by its name, and the same site on another port.
  for (const host of ["127.0.0.1", "localhost"]) {
    const evil = `http://${host}:${other.port}/`;
    for (const path of PATHS) {
      await open.page.goto(evil);
      const got = await open.page.evaluate(async (url) => {
        const load = (tag: "img" | "script" | "iframe" | "link") =>
          new Promise<string>((resolve) => {
            const node = document.createElement(tag);
            node.onload = () => resolve("loaded");
            node.onerror = () => resolve("refused");
            if (node instanceof HTMLLinkElement) {
              node.rel = "stylesheet";
              node.href = url;
            } else node.src = url;
            document.body.append(node);
          });
        const send = (init: RequestInit) =>
          fetch(url, init).then(
            async (r) => `${r.type} ${await r.text()}`,
            () => "refused",
          );
        return {
          img: await load("img"),
          script: await load("script"),
          style: await load("link"),
          fetch: await send({}),
          no_cors: await send({ mode: "no-cors" }),
          frame: await load("iframe").then(() => {
            try {
              return document.querySelector("iframe")?.contentDocument?.body?.textContent ?? "closed";
            } catch {
              return "closed";
            }
          }),
          stream: await new Promise<string>((resolve) => {
            const source = new EventSource(url.replace(/\/[^/]*$/, "/events"));
            source.onopen = () => resolve("open");
            source.onerror = () => resolve("refused");
          }),
        };
      }, `${daemon.url}${path}`);
      expect([path, got]).toEqual([
        path,
        {
          img: "refused",
          script: "refused",
          style: "refused",
          fetch: "refused",
          no_cors: expect.stringMatching(/^(refused|opaque )$/),
          frame: "closed",
          stream: "refused",
        },
      ]);
      const [answer] = await Promise.all([
        open.page.waitForResponse((r) => r.url() === `${daemon.url}${path}`),
        follow(`${daemon.url}${path}`),
      ]);
      expect([path, answer.status()]).toEqual([path, 403]);
    }
    await open.page.goto(evil);
    await follow(`${daemon.url}/`);
    await open.page.getByRole("heading", { name: "No data yet" }).waitFor();
  }
});

/** As a person does: by a link in the page that is open. */
async function follow(url: string): Promise<void> {
  await open.page.evaluate((href) => {
    const link = document.createElement("a");
    link.href = href;
    link.id = "out";
    link.textContent = "out";
    document.body.replaceChildren(link);
  }, url);
  await open.page.click("#out");
}
