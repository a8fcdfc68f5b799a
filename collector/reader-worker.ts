import { joinToolCalls } from "../store/commit-tools.ts";
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
    if (result.kind === "read") result.batch.tool_calls = joinToolCalls(result.batch.tool_calls);
    self.postMessage(JSON.stringify(result));
  });
};
