import { type ReadJob, readHere } from "./reader.ts";

declare const self: {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(text: string): void;
};

let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data }) => {
  const job = JSON.parse(data) as ReadJob;
  last = last.then(async () => {
    const result = await readHere(job);
    self.postMessage(JSON.stringify(result));
  });
};
