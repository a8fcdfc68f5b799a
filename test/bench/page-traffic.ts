import { request } from "node:http";
import type { Figure } from "./measure.ts";
import { openBrowser, type Tab } from "./page-browser.ts";
import type { PagePart } from "./page-part.ts";
import { createRecorder } from "./spool-events.ts";

const SETTLED_S = 20;
const MEASURED_S = 60;
const LISTED = 8;
const TABS = 8;

type Received = { path: string; bytes: number; kind: "200" | "304" | "stream" };
type Request = { requestId: string; request: { url: string } };
type Finished = { requestId: string; encodedDataLength: number };
type Response = { requestId: string; response: { status: number } };

/** What one tab receives at one event a second, with headers and as compressed: while it is seen, and while not. */
export const traffic: PagePart = async ({ daemon, world }) => {
  const recorder = createRecorder(world.dataDir, world.config);
  const browser = await openBrowser();
  try {
    const tab = await browser.tab(daemon.url);
    await tab.page.getByRole("status").getByText("Live").waitFor();
    const received = await listen(tab);
    const stream = readStream(daemon.url, (bytes) =>
      received.push({ path: "/events", bytes, kind: "stream" }),
    );
    const figures: Figure[] = [];
    for (const name of ["seen", "hidden"] as const) {
      if (name === "hidden") await hide(tab);
      await recorder.run(1, SETTLED_S);
      received.length = 0;
      await recorder.run(1, MEASURED_S);
      figures.push(toFigure(`a tab that is ${name}, at one event/s`, received, MEASURED_S * 1000));
    }
    stream.destroy();
    return figures;
  } finally {
    await browser.close();
  }
};

/** Eight tabs of one browser, each of which follows what is stored. */
export const tabs: PagePart = async ({ daemon, world }) => {
  const browser = await openBrowser();
  try {
    for (let i = 0; i < TABS; i++) {
      const { page } = await browser.tab(i % 2 === 0 ? daemon.url : `${daemon.url}/events`);
      await page.getByRole("status").getByText("Live").waitFor();
    }
    await createRecorder(world.dataDir, world.config).run(5, 5);
    const metrics = await (await fetch(`${daemon.url}/metrics`)).text();
    const streams = Number(/^hall_sse_clients (\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
    return [{ name: "streams of eight tabs", value: streams, unit: "streams", limit: 1 }];
  } finally {
    await browser.close();
  }
};

/** No browser without a screen hides a tab, so the page is given what a hidden one finds. */
async function hide({ page }: Tab): Promise<void> {
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => true });
    Object.defineProperty(document, "visibilityState", { get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  });
}

async function listen({ cdp }: Tab): Promise<Received[]> {
  const received: Received[] = [];
  const open = new Map<string, { path: string; status: number }>();
  cdp.on("Network.requestWillBeSent", ({ requestId, request }: Request) =>
    open.set(requestId, { path: new URL(request.url).pathname, status: 0 }),
  );
  cdp.on("Network.responseReceived", ({ requestId, response }: Response) => {
    const request = open.get(requestId);
    if (request) request.status = response.status;
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }: Finished) => {
    const { path, status } = open.get(requestId) ?? { path: "before", status: 0 };
    received.push({ path, bytes: encodedDataLength, kind: status === 304 ? "304" : "200" });
    open.delete(requestId);
  });
  await cdp.send("Network.enable");
  return received;
}

/** The browser does not report what its worker's stream takes, so the same one is read beside it, as it is sent. */
function readStream(url: string, onBytes: (bytes: number) => void) {
  const headers = { "accept-encoding": "gzip, deflate, br, zstd", "sec-fetch-mode": "cors" };
  const stream = request(`${url}/events`, { headers }, (answer) => {
    if (answer.headers["content-encoding"] !== "gzip") throw new Error("the stream is not compressed");
    answer.on("data", (chunk: Buffer) => onBytes(chunk.length));
    answer.on("error", () => {});
  });
  stream.on("error", () => {});
  return stream.end();
}

function toFigure(name: string, received: Received[], ms: number): Figure {
  const sums = new Map<string, { bytes: number; count: number }>();
  for (const { path, bytes, kind } of received) {
    const key = `${path} ${kind}`;
    const sum = sums.get(key) ?? { bytes: 0, count: 0 };
    sums.set(key, { bytes: sum.bytes + bytes, count: sum.count + 1 });
  }
  const listed = [...sums].toSorted(([, a], [, b]) => b.bytes - a.bytes).slice(0, LISTED);
  const note = listed
    .map(([key, { bytes, count }]) => `${key} ${count}× ${(bytes / ms).toFixed(2)}`)
    .join(", ");
  const bytes = received.reduce((sum, r) => sum + r.bytes, 0);
  return { name, value: bytes / ms, unit: "kB/s", limit: 2, note };
}
