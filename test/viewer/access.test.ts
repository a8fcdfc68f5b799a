import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { listRoutes } from "../../schema/api.ts";
import { createAccess, createSignInCode } from "../../viewer/access/access.ts";
import { peerUid } from "../../viewer/access/peer.ts";
import { startViewer, TOKEN, type Viewer } from "./rig.ts";

const isLinux = process.platform === "linux";
/** Another user of this machine can only be had by root. */
const canBeOther =
  isLinux && process.getuid?.() === 0 && Bun.which("setpriv") !== null && Bun.which("curl") !== null;
const OTHER = 65534;

let viewer: Viewer;
beforeAll(async () => {
  viewer = await startViewer();
});
afterAll(() => viewer[Symbol.asyncDispose]());

/** The status that another user's curl is answered with, and the body. */
async function curlAs(uid: number, url: string, ...more: string[]) {
  const child = Bun.spawn(
    [
      "setpriv",
      `--reuid=${uid}`,
      `--regid=${uid}`,
      "--clear-groups",
      "curl",
      "-sS",
      "-m",
      "5",
      "--globoff",
      "-w",
      "\n%{http_code}",
      ...more,
      url,
    ],
    { cwd: "/", stdio: ["ignore", "pipe", "pipe"] },
  );
  const [text] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  const at = text.lastIndexOf("\n");
  return { status: Number(text.slice(at + 1)), body: text.slice(0, at) };
}

describe.skipIf(!isLinux)("peers", () => {
  test("F029.A1 the user behind a connection is known for 127.0.0.1, ::1 and a socket of both families, and not once it is closed", async () => {
    const uids = new Map<string, number | undefined>();
    const ports = new Map<string, Promise<number>>();
    const servers = [];
    for (const [name, hostname, address] of [
      ["v4", "127.0.0.1", "127.0.0.1"],
      ["v6", "::1", "::1"],
      ["mapped", "127.0.0.1", "::ffff:127.0.0.1"],
    ] as const) {
      const server = Bun.serve({
        hostname,
        port: 0,
        fetch(request, it) {
          uids.set(name, peerUid(it.requestIP(request)!, it.port!));
          return new Response("");
        },
      });
      servers.push(server);
      const done = Promise.withResolvers<number>();
      ports.set(name, done.promise);
      const socket = connect({ host: address, port: server.port! });
      let own = 0;
      socket.on("connect", () => {
        own = socket.localPort!;
        socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      });
      socket.on("data", () => {});
      socket.on("close", () => done.resolve(own));
      await done.promise;
    }
    const own = process.getuid!();
    expect(Object.fromEntries(uids)).toEqual({ v4: own, v6: own, mapped: own });
    const closed = await ports.get("v4")!;
    expect(
      peerUid({ address: "127.0.0.1", family: "IPv4", port: closed }, servers[0]!.port!),
    ).toBeUndefined();
    for (const server of servers) await server.stop(true);
  });
});

describe.skipIf(!canBeOther)("users", () => {
  test("F029.A2 another user is refused on every route, page, stream and 404, over both addresses", async () => {
    const paths = [
      ...listRoutes().map((r) => [r.method, r.path] as const),
      ["GET", "/"],
      ["GET", "/nothing"],
    ] as const;
    for (const [method, path] of paths) {
      const json = method === "POST" ? ["-H", "Content-Type: application/json", "-d", "{}"] : [];
      const url = `http://127.0.0.1:${viewer.port}${path.replace(":id", "abc-1")}`;
      const { status, body } = await curlAs(OTHER, url, "-X", method, ...json);
      expect([path, status]).toEqual([path, 403]);
      expect(JSON.parse(body)).toMatchObject({
        code: "forbidden_user",
        hint: expect.stringContaining("--token"),
      });
      expect(body).not.toContain("abc-1");
    }
    for (const host of ["[::1]", "localhost", "[::ffff:127.0.0.1]"]) {
      const url = `http://${host}:${viewer.port}/api/sessions`;
      expect([host, (await curlAs(OTHER, url, "-H", `Host: localhost:${viewer.port}`)).status]).toEqual([
        host,
        403,
      ]);
    }
    expect(viewer.calls).toEqual({ reindex: [], shutdown: 0 });
  });

  test("F029.A3 another user takes no place of a stream", async () => {
    await using small = await startViewer({ sse_max: 2 });
    const url = `http://127.0.0.1:${small.port}/events`;
    await Promise.all(Array.from({ length: 8 }, () => curlAs(OTHER, url)));
    const mine = await Promise.all([small.get("/events"), small.get("/events")]);
    expect(mine.map((r) => r.status)).toEqual([200, 200]);
    for (const r of mine) await r.body?.cancel();
  });

  test("F029.A4 another user does not pass for root by closing the connection at once", async () => {
    const script = `
      import { connect } from "node:net";
      const body = '{"sources":["codex"]}';
      for (let i = 0; i < 200; i++)
        await new Promise((done) => {
          const s = connect({ host: "127.0.0.1", port: ${viewer.port} }, () => {
            s.write("POST /api/system/reindex HTTP/1.1\\r\\nHost: localhost:${viewer.port}\\r\\nContent-Type: application/json\\r\\nContent-Length: " + body.length + "\\r\\n\\r\\n" + body);
            i % 2 ? s.destroySoon() : s.destroy();
          });
          s.on("close", done);
          s.on("error", () => {});
        });`;
    const child = Bun.spawn(
      ["setpriv", `--reuid=${OTHER}`, `--regid=${OTHER}`, "--clear-groups", process.execPath, "-e", script],
      { cwd: "/", env: { HOME: "/tmp" }, stdio: ["ignore", "ignore", "pipe"] },
    );
    expect([await child.exited, await new Response(child.stderr).text()]).toEqual([0, ""]);
    // Whatever is still on its way is worked off before this.
    expect((await viewer.get("/healthz")).status).toBe(200);
    expect(viewer.calls.reindex).toEqual([]);
  });

  test("F029.A5 another user passes with the token, and only with the whole one", async () => {
    const url = `http://127.0.0.1:${viewer.port}/metrics`;
    const as = (value: string) => curlAs(OTHER, url, "-H", `Authorization: ${value}`);
    expect((await as(`Bearer ${TOKEN}`)).status).toBe(200);
    for (const value of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, "Bearer ", "Basic abc"])
      expect([value, (await as(value)).status]).toEqual([value, 403]);
    await using empty = await startViewer({ access: createAccess({ mode: "owner", tokens: ["", "short"] }) });
    for (const value of ["Bearer ", "Bearer short", ""])
      expect(
        (await curlAs(OTHER, `http://127.0.0.1:${empty.port}/metrics`, "-H", `Authorization: ${value}`))
          .status,
      ).toBe(403);
  });

  test("F029.A6 another user is let in where the owner asked for it", async () => {
    await using open = await startViewer({ access: createAccess({ mode: "open", tokens: [TOKEN] }) });
    expect((await curlAs(OTHER, `http://127.0.0.1:${open.port}/api/sessions`)).status).toBe(200);
  });
});

describe("tokens", () => {
  const start = () => startViewer({ access: createAccess({ mode: "token", tokens: [TOKEN] }) });

  test("F029.A7 where the user cannot be known nothing is answered without a token, and the refusal has a fix", async () => {
    await using shut = await start();
    for (const path of ["/", "/metrics", "/api/sessions", "/events", "/nothing", "/app.js"]) {
      const answer = await shut.get(path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(await answer.json()).toMatchObject({
        code: "unauthorized",
        hint: expect.stringContaining("hall-monitor open"),
      });
    }
    expect((await shut.get("/api/sessions", { headers: { Authorization: `Bearer ${TOKEN}` } })).status).toBe(
      200,
    );
  });

  test("F029.A8 a sign-in link sets a cookie that lets the browser in, once and for a minute", async () => {
    await using shut = await start();
    const code = createSignInCode(TOKEN);
    const signIn = (text: string) => shut.get(`/signin?code=${text}`, { redirect: "manual" });
    const [until, nonce, mac] = code.split(".");
    for (const bad of [
      "",
      "x",
      `${until}.${nonce}.${"0".repeat(64)}`,
      `${Number(until) + 1}.${nonce}.${mac}`,
      createSignInCode(`${TOKEN}x`),
    ])
      expect([bad, (await signIn(bad)).status]).toEqual([bad, 401]);
    const answer = await signIn(code);
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
    const cookie = answer.headers.get("set-cookie")!;
    expect(cookie).toContain("HttpOnly; SameSite=Lax");
    expect(cookie).not.toContain(TOKEN);
    expect((await signIn(code)).status).toBe(401);

    const [pair = ""] = cookie.split(";");
    const visit = (value: string) => shut.get("/api/sessions", { headers: { Cookie: value } });
    expect((await visit(pair)).status).toBe(200);
    expect((await visit(`other=1; ${pair}`)).status).toBe(200);
    for (const value of [
      `${pair}0`,
      pair.slice(0, -1),
      pair.replace(/=.*/, "="),
      pair.replace("hall_monitor_", "hall_monitor_1"),
    ])
      expect([value, (await visit(value)).status]).toEqual([value, 401]);
    // What it opens is reading: stopping needs the token of daemon.json.
    expect((await shut.get("/shutdown", { method: "POST", headers: { Cookie: pair } })).status).toBe(401);
  });
});
