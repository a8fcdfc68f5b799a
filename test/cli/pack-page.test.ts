import { expect, test } from "bun:test";
import { request } from "node:http";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { packWhenRead } from "../../cli/pack-page.ts";
import { createBeat } from "../../collector/beat.ts";
import { loadAssets } from "../../viewer/assets.ts";
import { ROOT, until } from "../e2e/daemon.ts";
import { startViewer } from "../viewer/rig.ts";

/** As sent: `fetch` would decompress it. */
function sent(port: number, path: string): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const headers = { Host: `localhost:${port}`, "Accept-Encoding": "br" };
  request({ host: "127.0.0.1", port, path, headers }, (answer) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.on("end", () => resolve(Buffer.concat(chunks)));
  })
    .on("error", reject)
    .end();
  return promise;
}

test("F019.A4 the page's files are compressed at the best level once history is read, and quickly before", async () => {
  const assets = await loadAssets();
  await using viewer = await startViewer({ assets });
  const beat = createBeat();
  let checks = 0;
  let isCaughtUp = false;
  const end = packWhenRead(assets, beat, () => {
    checks++;
    return isCaughtUp;
  });
  try {
    const quick = await sent(viewer.port, "/app.js");
    await until("it is checked", () => checks > 0);
    expect((await sent(viewer.port, "/app.js")).length).toBe(quick.length);
    isCaughtUp = true;
    await until("it is compressed", async () => (await sent(viewer.port, "/app.js")).length < quick.length);
    const best = await sent(viewer.port, "/app.js");
    expect(brotliDecompressSync(best)).toEqual(brotliDecompressSync(quick));
    expect(brotliDecompressSync(best).toString()).toBe(String(assets.get("/app.js")!.body));
  } finally {
    end();
    beat.stop();
  }
});

test("F019.A4 without the runtime's program the page's files stay at the quick level, and the daemon goes on", async () => {
  const script = `
    process.execPath = "/nowhere/bun";
    const { packWhenRead } = await import(${JSON.stringify(join(ROOT, "cli/pack-page.ts"))});
    const asset = { body: "a page ".repeat(500), type: "text/javascript; charset=utf-8" };
    packWhenRead(new Map([["/app.js", asset]]), { every: ({ run }) => void setTimeout(run) || (() => {}) }, () => true);
    setTimeout(() => console.log("goes on"), 100);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
  const [out, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  expect([out, complaint, await child.exited]).toEqual(["goes on\n", "", 0]);
});
