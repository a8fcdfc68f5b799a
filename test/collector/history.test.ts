import { describe, expect, test } from "bun:test";
import { rmSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { openPipeline } from "../../cli/pipeline.ts";
import { createThread, type HistoryReader, ownThread } from "../../collector/history-reader.ts";
import { claude } from "../../collector/sources/claude/source.ts";
import { assistant, createWorld, jsonl, transcript, type World } from "../world.ts";

const MEBIBYTE = 1024 * 1024;

const response = (session: string, n: number, text = "x") =>
  assistant({
    sessionId: session,
    requestId: `req_01${session}x${n}`,
    message: { id: `msg_01${session}x${n}`, content: [{ type: "text", text }] },
    usage: { output_tokens: n },
  });

async function requestsRead(w: World, reader: HistoryReader): Promise<number[]> {
  const readings = [1, 2, 3].map((lines) => ({
    work: {
      source: claude,
      path: w.write(
        transcript(`S${lines}`),
        jsonl(...Array.from({ length: lines }, (_, n) => response("S", n))),
      ),
      live: false,
    },
    job: { path: w.path(transcript(`S${lines}`)), from: undefined, budget_bytes: MEBIBYTE },
  }));
  const results = await Promise.all(readings.map((reading) => reader.read(reading)));
  const again = await reader.read(readings[2]!);
  reader.close();
  return [...results, again]
    .map((answer) => answer())
    .map((r) => (r.kind === "read" ? r.batch.requests.length : -1));
}

describe("the reader of history", () => {
  test("F007.A3 a thread answers in the order of the calls; one that cannot start or dies costs time and nothing else", async () => {
    const w = createWorld();
    const dies = w.write("dies.js", "self.onmessage = () => { throw new Error('dies'); };");
    const nowhere = new URL("file:///nowhere/history-worker.js");
    for (const reader of [
      ownThread,
      createThread(),
      createThread(nowhere),
      createThread(pathToFileURL(dies)),
    ])
      expect(await requestsRead(w, reader)).toEqual([1, 2, 3, 3]);
    w.close();
  });

  test("EC004 a line that comes while its file is read ahead is stored once, and the file is read to its end", async () => {
    const w = createWorld();
    w.pipeline.close();
    const slice = { rows: 100, bytes: 8 * MEBIBYTE };
    const { collector, db, close } = openPipeline(w.config, {
      live: slice,
      history: slice,
    });
    const paths = Array.from({ length: 10 }, (_, n) => w.write(transcript(`S${n}`), largeFile(`S${n}`)));
    collector.scan();
    await collector.pass();
    for (const [n, path] of paths.entries()) {
      w.append(transcript(`S${n}`), jsonl(response(`S${n}`, 1000)));
      collector.touch(path);
    }
    while (await collector.pass());
    const stored = db.query("select count(*) from requests group by session_pk").values();
    expect(stored).toEqual(paths.map(() => [LINES + 1]));
    const ends = db.query("select path, offset from files order by path").values();
    expect(ends).toEqual(paths.map((path) => [path, statSync(path).size]));
    close();
    rmSync(w.home, { recursive: true, force: true });
  });
});

/** Ten of them are worth a thread. */
const LINES = 50;
function largeFile(session: string): string {
  const text = "x".repeat((4 * MEBIBYTE) / LINES);
  return jsonl(...Array.from({ length: LINES }, (_, n) => response(session, n, text)));
}
