import { type Packed, pack } from "./pack.ts";
import { type ReadJob, readHere } from "./reader.ts";

declare const self: {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(packed: Packed, moved: ArrayBuffer[]): void;
};

let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data }) => {
  const job = JSON.parse(data) as ReadJob;
  last = last.then(async () => {
    const result = await readHere(job);
    const packed = pack(result);
    self.postMessage(packed, [packed.cells.buffer]);
  });
};
