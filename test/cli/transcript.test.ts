import { expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT, toEnd } from "../e2e/daemon.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";

const HOSTILE = "<script>alert(1)</script> \u001b]52;c;eA==\u0007 ```\n# no heading";

test("F041.A4 a conversation on the terminal, as Markdown and as one HTML file, whatever its words are", async () => {
  const world = createWorld();
  const user = (text: string) => ({
    type: "user",
    sessionId: "S1",
    uuid: crypto.randomUUID(),
    timestamp: "2026-11-01T10:00:00.000Z",
    cwd: "/w/app",
    message: { role: "user", content: text },
  });
  world.write(
    transcript("S1"),
    jsonl(user("paint the fence"), assistant({ message: { content: [{ type: "text", text: HOSTILE }] } })),
  );
  await world.read();
  await world.pipeline.collector.drainTexts();
  const cli = (...args: string[]) =>
    toEnd(join(ROOT, "cli/main.ts"), args, {
      cwd: world.home,
      env: { PATH: process.env.PATH, HOME: world.home, HALL_TIME_ZONE: "UTC" },
    });

  const plain = await cli("session", "S1", "--transcript");
  expect(plain.stdout).toContain("paint the fence");
  expect(plain.stdout).not.toContain("\u001b]52");
  const markdown = await cli("session", "S1", "--transcript", "--format", "markdown");
  expect(markdown.stdout).toContain("```\npaint the fence\n```");
  const file = join(world.home, "out.html");
  expect((await cli("session", "S1", "--transcript", "--format", "html", "--output", file)).code).toBe(0);
  const html = readFileSync(file, "utf8");
  expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(html).not.toContain("<script");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await cli("session", "S1", "--transcript", "--output", file)).code).not.toBe(0);

  const found = await cli("search", "fence");
  expect([found.code, found.stdout.includes("paint the fence")]).toEqual([0, true]);
  expect((await cli("search", "absent")).code).toBe(1);
  expect((await cli("search")).code).toBe(64);
  const json = JSON.parse((await cli("search", "fence", "--json")).stdout);
  expect(json.data.hits[0].kind).toBe("title");
  world.close();
});
