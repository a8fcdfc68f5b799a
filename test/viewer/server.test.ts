import { expect, test } from "bun:test";
import { connect } from "node:net";
import { AppError } from "../../schema/errors.ts";
import { serve } from "../../viewer/server.ts";

const app = { fetch: () => new Response("here") };

test("F018.A1 T13 both loopback addresses answer on the same port, and no other address does", async () => {
  const served = await serve(app, { port: 0 });
  const [port] = served.ports;
  expect(served.url).toBe(`http://localhost:${port}`);
  for (const host of ["127.0.0.1", "[::1]"])
    expect(await (await fetch(`http://${host}:${port}/`)).text()).toBe("here");
  const others = Object.values((await import("node:os")).networkInterfaces()).flatMap((list) => list ?? []);
  for (const { address } of others.filter((i) => !i.internal && i.family === "IPv4"))
    expect(
      await new Promise((resolve) =>
        connect({ host: address, port: port! }, () => resolve("open")).on("error", () => resolve("refused")),
      ),
    ).toBe("refused");
  await served.stop();
});

test("F018.A2 a port that is taken is an error with a fix, on whichever address another program holds it", async () => {
  for (const hostname of ["127.0.0.1", "::1"]) {
    const other = Bun.serve({ hostname, port: 0, fetch: () => new Response("other") });
    const port = other.port!;
    const error = await serve(app, { port }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe("port_busy");
    expect((error as AppError).hint).toContain("HALL_PORT");
    expect((error as AppError).message).toContain(String(port));
    // What was taken on the other address is given back.
    await other.stop(true);
    const again = await serve(app, { port });
    expect(again.ports).toEqual([port]);
    await again.stop();
  }
});

test("S4 a port is not shared, neither with one who would share it nor with a second of ours", async () => {
  for (const hostname of ["127.0.0.1", "::1", "0.0.0.0", "::"]) {
    using other = Bun.serve({ hostname, port: 0, reusePort: true, fetch: () => new Response("other") });
    const error = await serve(app, { port: other.port! }).catch((e: unknown) => e);
    expect({ hostname, code: (error as AppError).code }).toEqual({ hostname, code: "port_busy" });
  }
  const ours = await serve(app, { port: 0 });
  for (const hostname of ["127.0.0.1", "::1"])
    expect(() =>
      Bun.serve({ hostname, port: ours.ports[0]!, reusePort: true, fetch: () => new Response("") }),
    ).toThrow(expect.objectContaining({ code: "EADDRINUSE" }));
  expect(await serve(app, { port: ours.ports[0]! }).catch((e: AppError) => e.code)).toBe("port_busy");
  await ours.stop();
});

test("F018 after stop the port is free at once, also with an open stream", async () => {
  const endless = {
    fetch: () => new Response(new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode("x")) })),
  };
  const served = await serve(endless, { port: 0 });
  const response = await fetch(`${served.url}/`);
  await served.stop();
  await response.text().catch(() => "");
  const again = await serve(app, { port: served.ports[0]! });
  expect(again.ports).toEqual(served.ports);
  await again.stop();
});

const canUnshare = Bun.spawnSync(["unshare", "-rn", "true"], { stderr: "ignore" }).exitCode === 0;
test.skipIf(!canUnshare)("F018 a machine without IPv6 is served over IPv4 alone", () => {
  // A network namespace with its loopback down has no ::1.
  const script = `import { serve } from "./viewer/server.ts";
    const served = await serve({ fetch: () => new Response("") }, { port: 0 });
    console.log(served.ports.length, served.ports[0] > 0);
    process.exit(0);`;
  const run = Bun.spawnSync(["unshare", "-rn", process.execPath, "-e", script], {
    cwd: `${import.meta.dir}/../..`,
  });
  expect(run.stdout.toString()).toBe("1 true\n");
});
