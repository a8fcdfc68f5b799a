import { type Packed, pack } from "./pack.ts";
import { type ReadJob, readHere } from "./reader.ts";

declare const self: {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(packed: Packed, moved: ArrayBuffer[]): void;
};

/** The collector of garbage is in no hurry on a large machine; so much text later it is asked to work. */
const COLLECT_EVERY_BYTES = 512 * 1024 * 1024;

let unswept = 0;
let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data }) => {
  const job = JSON.parse(data) as ReadJob;
  last = last.then(async () => {
    const result = await readHere(job);
    const packed = pack(result);
    self.postMessage(packed, [packed.cells.buffer]);
    unswept += result.kind === "read" ? result.batch.bytes : 0;
    if (unswept < COLLECT_EVERY_BYTES) return;
    unswept = 0;
    Bun.gc(true);
  });
};
