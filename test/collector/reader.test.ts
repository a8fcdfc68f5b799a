import { describe, expect, test } from "bun:test";
import { pathToFileURL } from "node:url";
import { createReader, type ReadJob } from "../../collector/reader.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";

async function requestsRead(script?: URL): Promise<number[]> {
  const w = createWorld();
  const reader = createReader(script);
  const jobs = [1, 2, 3].map((n): ReadJob => {
    const lines = Array.from({ length: n }, (_, i) => assistant({ message: { id: `msg_01${n}${i}` } }));
    return {
      source: "claude",
      path: w.write(transcript(`S${n}`), jsonl(...lines)),
      from: undefined,
      budget_bytes: 1_000_000,
    };
  });
  const results = await Promise.all(jobs.map((job) => reader.read(job)));
  const again = await reader.read(jobs[2]!);
  reader.close();
  w.close();
  return [...results, again].map((r) => (r.kind === "read" ? r.batch.requests.length : -1));
}

describe("the reader of history", () => {
  test("answers in the order of the calls", async () => {
    expect(await requestsRead()).toEqual([1, 2, 3, 3]);
  });

  test("F007.A3 a worker that cannot start or dies costs time and nothing else", async () => {
    expect(await requestsRead(new URL("file:///nowhere/reader-worker.js"))).toEqual([1, 2, 3, 3]);
    const w = createWorld();
    const script = w.write("dies.js", "self.onmessage = () => { throw new Error('dies'); };");
    expect(await requestsRead(pathToFileURL(script))).toEqual([1, 2, 3, 3]);
    w.close();
  });
});
