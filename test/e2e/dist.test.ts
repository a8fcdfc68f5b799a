import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { BUN_SEAL } from "../../schema/names.ts";
import { build } from "../../scripts/build.ts";
import { createWorld, response, startDaemon, untilCommitted, type World } from "./page-rig.ts";

let world: World;
let plugin: string;
const inPlugin = (path: string) => join(plugin, path);
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

beforeAll(async () => {
  world = createWorld();
  plugin = join(world.dir, "dist", "plugin");
  await build(dirname(plugin));
});
afterAll(() => world.remove());

async function run(...command: string[]): Promise<{ code: number; out: string }> {
  const child = Bun.spawn(command, { cwd: world.dir, env: world.env, stderr: "pipe" });
  const out = await new Response(child.stdout).text();
  return { code: await child.exited, out };
}

test("F000 no node_modules can be reached from where a build is tested", () => {
  for (let dir = plugin; dir !== dirname(dir); dir = dirname(dir))
    expect(existsSync(join(dir, "node_modules"))).toBe(false);
});

test("F000 a build is a marketplace that holds one plugin, which is the whole product", () => {
  const [offer] = json(join(plugin, "../.claude-plugin/marketplace.json")).plugins;
  expect(offer.source).toBe("./plugin");
  expect(json(inPlugin(".claude-plugin/plugin.json"))).toMatchObject({
    name: offer.name,
    version: manifest.version,
  });
  expect(readFileSync(inPlugin("hooks/emit.js"), "utf8")).toBe(
    readFileSync(join(import.meta.dir, "../../hooks/emit.js"), "utf8"),
  );
  const files = readdirSync(inPlugin("ui"));
  const isPart = (name: string) => /^part-[a-z0-9]+\.js$/.test(name);
  const isPacked = (name: string) => name.endsWith(".br") && files.includes(name.slice(0, -3));
  expect(files.filter((name) => !isPart(name) && !isPacked(name)).sort()).toEqual([
    "app.css",
    "app.js",
    "favicon-waiting.svg",
    "favicon.svg",
    "index.html",
    "views.json",
    "worker.js",
  ]);
  // Each part of the page that another one loads is there.
  const texts = files
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(inPlugin(`ui/${name}`), "utf8"));
  const loaded = texts.flatMap((text) => [...text.matchAll(/"\.\/(part-[a-z0-9]+\.js)"/g)].map((m) => m[1]!));
  expect(new Set(loaded)).toEqual(new Set(files.filter(isPart)));
});

test("F000 the launcher of a build answers without installing anything", async () => {
  expect(await run(inPlugin("bin/hall-monitor"), "--version")).toEqual({
    code: 0,
    out: `${manifest.version}\n`,
  });
  expect(existsSync(inPlugin("node_modules"))).toBe(false);
});

test("F000 the daemon of a build serves its page, reads history and prices it", async () => {
  const now = Date.now();
  world.transcript("s9.jsonl", [response("s9", "x", now)]);
  const daemon = await startDaemon(world, 0, inPlugin("cli/main.js"));
  const page = await fetch(daemon.url);
  expect(page.headers.get("content-type")).toStartWith("text/html");
  expect(await page.text()).toContain('src="/app.js?v=');
  expect(await (await fetch(`${daemon.url}/app.js`)).text()).toBe(
    readFileSync(inPlugin("ui/app.js"), "utf8"),
  );
  await untilCommitted(daemon, 1);
  const sessions = await (await fetch(`${daemon.url}/api/sessions`)).json();
  await daemon.stop();
  expect(sessions.data[0].totals.cost_nano_usd).toBe(7_500_000);
});

test("F000 a build reads history by its fast path", async () => {
  world.transcript("s8.jsonl", [response("s8", "y", Date.now())]);
  const data = join(world.dir, "backfilled");
  const child = Bun.spawn([process.execPath, ...BUN_SEAL, inPlugin("cli/main.js"), "backfill", "--json"], {
    env: { ...world.env, HALL_DATA_DIR: data },
    stdout: "pipe",
    stderr: "inherit",
  });
  const result = JSON.parse(await new Response(child.stdout).text()) as {
    requests: number;
    problems: unknown[];
  };
  expect(result).toMatchObject({ requests: 2, problems: [] });
  // Where it is missing, a large history is read without a second core.
  expect(existsSync(inPlugin("cli/history-worker.js"))).toBe(true);
});

test("F000 a build over an older one leaves what is not its own", async () => {
  const other = join(plugin, "../notes.txt");
  await Bun.write(other, "mine");
  await Bun.write(inPlugin("cli/old.js"), "");
  await build(dirname(plugin));
  expect(readFileSync(other, "utf8")).toBe("mine");
  expect(existsSync(inPlugin("cli/old.js"))).toBe(false);
});
