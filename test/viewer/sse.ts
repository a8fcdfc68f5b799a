export type Frame = { event: string; id: number; data: Record<string, unknown> };

/** Reads an event stream frame by frame, as EventSource would. */
export async function openStream(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const response = await fetch(url, { headers, signal: stop.signal });
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  async function next(): Promise<Frame | undefined> {
    for (;;) {
      const end = text.indexOf("\n\n");
      if (end >= 0) {
        const lines = text.slice(0, end).split("\n");
        text = text.slice(end + 2);
        const field = (name: string) =>
          lines.find((l) => l.startsWith(`${name}: `))?.slice(name.length + 2) ?? "";
        return { event: field("event"), id: Number(field("id")), data: JSON.parse(field("data") || "{}") };
      }
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += decoder.decode(value, { stream: true });
    }
  }
  async function take(
    count: number,
    isWanted: (f: Frame) => boolean = (f) => f.event !== "heartbeat",
  ): Promise<Frame[]> {
    const out: Frame[] = [];
    while (out.length < count) {
      const frame = await next();
      if (!frame) break;
      if (isWanted(frame)) out.push(frame);
    }
    return out;
  }
  return {
    response,
    next,
    take,
    close: () => stop.abort(),
  };
}
