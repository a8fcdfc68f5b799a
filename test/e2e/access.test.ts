import { describe, expect, test } from "bun:test";
import { chownSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { all, cli, type Home, startDaemon, tempHome } from "./daemon.ts";
import { openPage } from "./page-rig.ts";

const isRoot = process.platform === "linux" && process.getuid?.() === 0 && Bun.which("setpriv") !== null;
const OWNER = 65534;
const STRANGER = 4242;
const as = (uid: number) => ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];

async function statusFor(uid: number, url: string, ...more: string[]): Promise<number> {
  const child = Bun.spawn(
    [...as(uid), "curl", "-s", "-m", "60", "-o", "/dev/null", "-w", "%{http_code}", ...more, url],
    {
      cwd: "/",
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  return Number(await new Response(child.stdout).text());
}

const tokenOf = async (home: Home) => (await cli(home, "open", "--token")).stdout.trim();

describe.skipIf(!isRoot)("users", () => {
  test("F029.A2 the recorder of an ordinary user answers its user and root, and no third one without the token, which outlives a restart", async () => {
    using home = tempHome();
    for (const path of [
      home.path,
      home.claude,
      home.codex,
      join(home.path, ".claude"),
      join(home.path, ".codex"),
    ])
      chownSync(path, OWNER, OWNER);
    let token = "";
    for (const round of [1, 2]) {
      const daemon = await startDaemon(home, {}, as(OWNER));
      const url = `${daemon.url}/api/sessions`;
      expect([round, await statusFor(OWNER, url)]).toEqual([round, 200]);
      expect([round, await statusFor(0, url)]).toEqual([round, 200]);
      expect([round, await statusFor(STRANGER, url)]).toEqual([round, 403]);
      token ||= await tokenOf(home);
      expect(token).toMatch(/^[0-9a-f]{64}$/);
      expect([round, await statusFor(STRANGER, url, "-H", `Authorization: Bearer ${token}`)]).toEqual([
        round,
        200,
      ]);
      await daemon.stop();
    }
    const file = statSync(join(home.data, "access-token"));
    expect([file.mode & 0o777, file.uid]).toEqual([0o600, OWNER]);
  });
});

test("F029.A9 an access token that is empty or a link grants no access, and a folder in its place stops no recording", async () => {
  for (const make of [
    (path: string) => writeFileSync(path, "\n"),
    (path: string) => symlinkSync(`${path}.elsewhere`, path),
    (path: string) => mkdirSync(path),
  ]) {
    using home = tempHome({ HALL_ACCESS: "token" });
    mkdirSync(home.data, { mode: 0o700 });
    const path = join(home.data, "access-token");
    writeFileSync(`${path}.elsewhere`, "0".repeat(64));
    make(path);
    await using daemon = await startDaemonWithToken(home);
    const get = (token: string) =>
      fetch(`${daemon.url}/api/sessions`, { headers: { Authorization: `Bearer ${token}` } });
    for (const value of ["", "undefined", "0".repeat(64)]) expect((await get(value)).status).toBe(401);
    const status = JSON.parse((await cli(home, "status", "--json")).stdout);
    const problems = status.data.problems.map((p: { hint: string }) => p.hint);
    if (statSync(path).isDirectory()) expect(problems).toEqual([expect.stringContaining(path)]);
    else expect((await get(readFileSync(path, "utf8").trim())).status).toBe(200);
  }
});

test("F029.A8 with tokens alone, `open` signs a browser in, every command goes on working, and the page is live", async () => {
  using home = tempHome({ HALL_ACCESS: "token" });
  await using daemon = await startDaemonWithToken(home);
  // A stub of the system's opener keeps what it was called with.
  const bin = home.at("bin/xdg-open");
  writeFileSync(bin, `#!/bin/sh\nprintf %s "$1" > "${home.path}/called"\n`, { mode: 0o755 });
  const path = { PATH: `${join(home.path, "bin")}:${home.env.PATH}` };
  Object.assign(home.env, path);
  expect(await cli(home, "open")).toMatchObject({ code: 0, stdout: "" });
  const called = readFileSync(join(home.path, "called"), "utf8");
  // Every user sees what a program is called with.
  expect(called).not.toContain("code=");
  const file = fileURLToPath(called);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const open = await openPage("about:blank");
  expect((await open.page.goto(daemon.url))?.status()).toBe(401);
  expect(await open.page.locator("body").textContent()).toContain("hall-monitor open");
  await open.page.goto(called);
  await open.page.waitForURL(`${daemon.url}/`);
  await open.page.goto(`${daemon.url}/events`);
  await open.page.getByRole("status").getByText("Live").waitFor();
  await home.fire("Notification", {
    hook_event_name: "Notification",
    session_id: "s1",
    cwd: "/home/dev/shop",
    message: "signed in",
  });
  await open.page.locator(".row", { hasText: "signed in" }).waitFor();
  expect(all(home, "select 1 from events").length).toBeGreaterThan(0);
  // The link worked once.
  await open.page.context().clearCookies();
  await open.page.goto(called);
  await open.page.getByText("hall-monitor open").waitFor();
  await open.close();

  expect((await cli(home, "status", "--json")).code).toBe(0);
  const { stdout } = await cli(home, "open", "--print");
  expect(stdout).toMatch(/^http:\/\/localhost:\d+\/signin\?code=\S+\n$/);
});

/** As `startDaemon`, which sends no token. */
async function startDaemonWithToken(home: Home) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "../../cli/main.ts"), "start", "--json"], {
    cwd: home.path,
    env: home.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  for await (const chunk of child.stderr.values({ preventCancel: true })) {
    text += new TextDecoder().decode(chunk);
    if (text.includes('"url"')) break;
  }
  return {
    url: /"url":"([^"]+)"/.exec(text)?.[1] ?? "",
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}
