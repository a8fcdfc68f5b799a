import { type ReadJob, readNow } from "./reader.ts";
import type { Source } from "./sources/source.ts";
import { vendorFiles } from "./sources/vendors.ts";

declare const self: {
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(result: string): void;
};

let last: Promise<void> = Promise.resolve();

self.onmessage = ({ data }) => {
  const { source, job } = JSON.parse(data) as { source: Source["name"]; job: ReadJob };
  // A source has no state of its own, so its name is enough.
  const { history } = vendorFiles(source)!;
  last = last.then(async () => self.postMessage(JSON.stringify(await readNow(history, job))));
};
