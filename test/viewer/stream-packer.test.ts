import { expect, test } from "bun:test";
import { constants, createGunzip } from "node:zlib";
import { createPacker } from "../../viewer/stream-packer.ts";
import { startViewer } from "./rig.ts";

test("F023.A8 each packed frame is readable at once, and equal frames cost little", async () => {
  const packer = createPacker();
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  let text = "";
  gunzip.on("data", (part: Buffer) => {
    text += part.toString("utf8");
  });
  let sent = 0;
  let whole = "";
  for (let i = 0; i < 50; i++) {
    const frame = `event: metric\nid: ${i}\ndata: {"seq":${i},"event_type":"tool_completed","session_key":"claude:ä${i % 3}"}\n\n`;
    whole += frame;
    const bytes = await packer.pack(frame);
    sent += bytes.length;
    await new Promise<void>((resolve) => gunzip.write(bytes, () => gunzip.flush(() => resolve())));
    expect(text).toBe(whole);
  }
  expect(sent).toBeLessThan(Buffer.byteLength(whole) / 2);
  packer.close();
});

test("F023.A8 is compressed for browsers, each frame whole at once; a script gets it plain", async () => {
  await using viewer = await startViewer();
  const opened = async (headers: Record<string, string>) => {
    const ending = new AbortController();
    const response = await viewer.get("/events", {
      headers: { "Accept-Encoding": "gzip, br", ...headers },
      signal: ending.signal,
      // @ts-expect-error Bun's own option: the bytes as they are sent
      decompress: false,
    });
    const { value } = await response.body!.getReader().read();
    ending.abort();
    return [response.headers.get("content-encoding"), value![0] === 0x1f && value![1] === 0x8b];
  };
  expect(await opened({ "Sec-Fetch-Mode": "cors" })).toEqual(["gzip", true]);
  expect(await opened({})).toEqual([null, false]);
});
