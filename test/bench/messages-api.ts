/** A Messages API on loopback: it has the client use some tools one after the other, or refuses the request. */

type Message = { role: string; content: unknown };
export type MessagesRequest = {
  model?: string;
  stream?: boolean;
  max_tokens?: number;
  tools?: unknown[];
  messages?: Message[];
};
type Part = { type: string } & Record<string, unknown>;

export type MessagesApi = { url: string; stop(): Promise<void> };

/** `reads` = 0 answers every turn with an error that no client tries again. */
export function serveMessages(reads: number, file: string): MessagesApi {
  return serveTools(Array(reads).fill({ name: "Read", input: { file_path: file } }));
}

/** The model uses these tools in this order, then it ends its turn. `onRequest` gets every turn's request. */
export function serveTools(
  uses: { name: string; input: Record<string, unknown> }[],
  onRequest: (body: MessagesRequest) => void = () => {},
): MessagesApi {
  let answers = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith("/v1/messages")) return new Response("{}", { status: 404 });
      if (pathname.endsWith("/count_tokens")) return Response.json({ input_tokens: 1000 });
      const body = (await request.json()) as MessagesRequest;
      const isTurn = (body.tools?.length ?? 0) > 0 && body.max_tokens !== 1;
      if (isTurn && uses.length === 0) return refusal();
      if (isTurn) onRequest(body);
      const done = (body.messages ?? []).filter(
        ({ role, content }) => role === "assistant" && hasTool(content),
      );
      const id = String(++answers).padStart(10, "0");
      const use = isTurn ? uses[done.length] : undefined;
      const part = use
        ? { type: "tool_use", id: `toolu_bench${id}`, ...use }
        : { type: "text", text: "Done." };
      return answer(body, `msg_bench${id}`, part);
    },
  });
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

function hasTool(content: unknown): boolean {
  return Array.isArray(content) && content.some((part: Part) => part.type === "tool_use");
}

function refusal(): Response {
  const error = { type: "invalid_request_error", message: "refused for the measurement" };
  return Response.json({ type: "error", error }, { status: 400, headers: { "x-should-retry": "false" } });
}

function answer(body: MessagesRequest, id: string, part: Part): Response {
  const stop_reason = part.type === "tool_use" ? "tool_use" : "end_turn";
  const usage = {
    input_tokens: 10,
    output_tokens: 20,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
  };
  const message = { id, type: "message", role: "assistant", model: body.model, stop_sequence: null, usage };
  if (!body.stream) return Response.json({ ...message, content: [part], stop_reason });
  const events: Part[] = [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
    ...contentEvents(part),
    { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage },
    { type: "message_stop" },
  ];
  const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
  return new Response(text, { headers: { "content-type": "text/event-stream; charset=utf-8" } });
}

function contentEvents(part: Part): Part[] {
  const at = { index: 0 };
  const [empty, delta] =
    part.type === "text"
      ? [
          { type: "text", text: "" },
          { type: "text_delta", text: part.text },
        ]
      : [
          { ...part, input: {} },
          { type: "input_json_delta", partial_json: JSON.stringify(part.input) },
        ];
  return [
    { type: "content_block_start", ...at, content_block: empty },
    { type: "content_block_delta", ...at, delta },
    { type: "content_block_stop", ...at },
  ];
}
