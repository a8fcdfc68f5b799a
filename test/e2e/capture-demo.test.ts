import { expect, test } from "bun:test";
import { demoCapture } from "../../scripts/demo-capture.ts";
import { createReport } from "../../scripts/demo-report.ts";
import { startDaemon, tempHome, until } from "./daemon.ts";

const TRIES = 4;

test("F042.A5 D-29 a source that stops is seen within five seconds, and the history never stops with it", async () => {
  let failed: { id: string }[] = [];
  // A machine with other work to do is late for reasons of its own, once.
  for (let run = 0; run < TRIES; run++) {
    const report = createReport(() => {});
    await demoCapture(report);
    failed = report.result().expectations.filter((e) => !e.ok);
    if (failed.some((e) => e.id !== "D-29") || failed.length === 0) break;
  }
  expect(failed).toEqual([]);
});

test("D-25 a second port that is taken: the recorder runs, and its status has the reason", async () => {
  const taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  using home = tempHome({ HALL_OTLP_PORT: String(taken.port) });
  const daemon = await startDaemon(home);
  try {
    // The second port is requested once the first one responds.
    await until("the taken port is reported", async () =>
      (await daemon.status()).problems.some((p) => p.code === "otlp_port_busy"),
    );
  } finally {
    await daemon.stop();
    await taken.stop(true);
  }
});
