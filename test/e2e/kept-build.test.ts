import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../cli/version.ts";
import { BUN_SEAL } from "../../schema/names.ts";
import { openApi } from "../../schema/openapi.ts";
import { ROOT, tempHome } from "./daemon.ts";

const CHECKOUT = ["bin", "scripts", "cli", "collector", "hooks", "schema", "store", "viewer"];
const FILES = ["package.json", "tsconfig.json", "bun.lock"];
const home = tempHome();
const root = join(home.path, "checkout");
const builds = () => readdirSync(join(root, ".bun/program"));

async function run(...command: string[]) {
  const child = Bun.spawn(command, { cwd: home.path, env: home.env, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([child.stdout, child.stderr].map((one) => new Response(one).text()));
  return { code: await child.exited, out: out!, err: err! };
}
const hall = (...args: string[]) => run("sh", join(root, "bin/hall-monitor"), ...args);
const presence = () => JSON.parse(readFileSync(join(home.data, "daemon.json"), "utf8")) as { url: string };

beforeAll(async () => {
  for (const name of [...CHECKOUT, ...FILES]) cpSync(join(ROOT, name), join(root, name), { recursive: true });
  // With links to its packages, so that nothing is installed.
  mkdirSync(join(root, "node_modules"));
  for (const name of readdirSync(join(ROOT, "node_modules")))
    symlinkSync(join(ROOT, "node_modules", name), join(root, "node_modules", name));
  cpSync(join(ROOT, "bun.lock"), join(root, "node_modules/.installed-bun.lock"), { force: true });
  expect(await hall("start", "--detach")).toMatchObject({ code: 0, err: "" });
});
afterAll(async () => {
  await hall("stop");
  home[Symbol.dispose]();
});

test("F000.A3 the daemon of a checkout runs from its build, with the page compressed at the best level", async () => {
  const [name] = builds();
  const folder = join(root, ".bun/program", name!);
  const { url } = presence();
  const page = await fetch(`${url}/app.js`, { headers: { "Accept-Encoding": "br" }, decompress: false });
  expect(page.headers.get("content-encoding")).toBe("br");
  expect(Buffer.from(await page.arrayBuffer())).toEqual(readFileSync(join(folder, "ui/app.js.br")));
  expect((await fetch(`${url}/app.js.br`)).status).toBe(404);
});

test("F000.A3 the daemon of a build describes the same API as its sources", async () => {
  const answer = await fetch(`${presence().url}/openapi.json`);
  expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(openApi(VERSION))));
});

test("F000.A3 a build of a checkout names the checkout's own files", async () => {
  const [name] = builds();
  const main = join(root, ".bun/program", name!, "cli/main.js");
  const { out } = await run(process.execPath, ...BUN_SEAL, main, "statusline", "--help");
  expect(out).toContain(`"${join(root, "bin/hall-monitor")} statusline"`);
});

test("F000.A3 an older build stays for the daemon that runs from it, and not for ever", async () => {
  const build = join(root, "scripts/build-program.ts");
  const [first] = builds();
  for (const name of ["second", "third"])
    expect(await run(process.execPath, build, name)).toMatchObject({ code: 0 });
  expect(builds().toSorted()).toEqual([first!, "second", "third"].toSorted());
  expect(await run(process.execPath, build, "fourth")).toMatchObject({ code: 0 });
  expect(builds().toSorted()).toEqual(["fourth", "second", "third"]);
  // Another start was quicker with the same one: it is left as it is.
  const [before] = readdirSync(join(root, ".bun/program/fourth/cli"));
  expect((await run(process.execPath, build, "fourth")).code).not.toBe(0);
  expect(existsSync(join(root, ".bun/program/fourth/cli", before!))).toBe(true);
  expect(builds().toSorted()).toEqual(["fourth", "second", "third"]);
});
