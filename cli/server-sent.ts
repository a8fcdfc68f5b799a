import type { IncomingMessage } from "node:http";

export type Sent = { event: string; id: string | undefined; data: string };

/** The messages of an event stream, as they arrive. */
export async function* messages(answer: IncomingMessage): AsyncGenerator<Sent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of answer) {
    const blocks = (rest + decoder.decode(chunk as Buffer, { stream: true })).split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const message = parse(block);
      if (message) yield message;
    }
  }
}

function parse(block: string): Sent | undefined {
  let event = "message";
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "id") id = value;
    else if (field === "data") data.push(value);
  }
  return data.length > 0 ? { event, id, data: data.join("\n") } : undefined;
}
