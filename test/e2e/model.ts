/** A model on loopback with the Messages API as far as the real client needs it; its answers are the test's. */
export type Answer = { command: string } | { text: string };
type Message = { role: string; content: unknown };
type MessagesRequest = { messages: Message[]; tools?: { name: string }[]; stream?: boolean; model: string };

/** `answer` is given how many tools the conversation has run, and may wait. */
export function startModel(answer: (calls: number) => Promise<Answer>) {
  let answers = 0;
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      if (!new URL(request.url).pathname.endsWith("/v1/messages")) return new Response("{}", { status: 404 });
      const body = (await request.json()) as MessagesRequest;
      // Titles and probes have no tools.
      const answered = body.tools?.length ? await answer(callsIn(body.messages)) : { text: "Shop" };
      return body.stream
        ? stream(body.model, answered, ++answers)
        : Response.json(whole(body.model, answered, ++answers));
    },
  });
}

const blocks = ({ content }: Message) => (Array.isArray(content) ? (content as { type: string }[]) : []);
const callsIn = (messages: Message[]) =>
  messages.flatMap(blocks).filter((b) => b.type === "tool_result").length;
const usage = {
  input_tokens: 10,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 5,
};

function whole(model: string, answered: Answer, n: number) {
  const block =
    "text" in answered
      ? { type: "text", text: answered.text }
      : { type: "tool_use", id: `toolu_01LOOP${`${n}`.padStart(14, "0")}`, name: "Bash", input: answered };
  return {
    id: `msg_01LOOP${`${n}`.padStart(14, "0")}`,
    type: "message",
    role: "assistant",
    model,
    usage,
    content: [block],
    stop_reason: "text" in answered ? "end_turn" : "tool_use",
    stop_sequence: null,
  };
}

function stream(model: string, answered: Answer, n: number): Response {
  const { content, stop_reason, ...message } = whole(model, answered, n);
  const [block] = content;
  const isText = block!.type === "text";
  const events = [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
    {
      type: "content_block_start",
      index: 0,
      content_block: isText ? { ...block, text: "" } : { ...block, input: {} },
    },
    {
      type: "content_block_delta",
      index: 0,
      delta:
        "text" in answered
          ? { type: "text_delta", text: answered.text }
          : { type: "input_json_delta", partial_json: JSON.stringify(answered) },
    },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage },
    { type: "message_stop" },
  ];
  const body = events.map((e) => `event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`).join("");
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}
