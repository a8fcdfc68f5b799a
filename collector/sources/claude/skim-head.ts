import { bytesOf, endOfWord, has, Recent } from "../../bytes.ts";

const PARENT = bytesOf('{"parentUuid":');
const NULL = bytesOf("null");
const SIDECHAIN = bytesOf(',"isSidechain":');
const TRUE = bytesOf("true");
const FALSE = bytesOf("false");
const AGENT = bytesOf(',"agentId":"');
const PROMPT = bytesOf(',"promptId":"');
const MESSAGE = bytesOf(',"message":{"id":"');
const ROLE = bytesOf('","type":"message","role":"assistant","model":"');
const CONTENT = bytesOf('","content":[');
const RESULT = bytesOf(',"type":"user","message":{"role":"user","content":[{');
const RESULT_TYPE = bytesOf('"type":"tool_result",');
const TOOL_USE_ID = bytesOf('"tool_use_id":"');
const QUOTE = 0x22;

/** The first fields of the two kinds of lines that make up a transcript, as both clients order them. */
export class SkimHead {
  isSidechain = false;
  agent_id = "";
  prompt_id = "";
  /** Of the message, or of the call that is answered. */
  id = "";
  model = "";
  /** Where the head ends: behind the bracket that opens the content, or behind the id of the call. */
  end = 0;
  private readonly agents = new Recent();
  private readonly prompts = new Recent();
  private readonly ids = new Recent();
  private readonly models = new Recent();

  /** Undefined for all other lines. */
  read(bytes: Buffer, start: number): "assistant" | "tool_result" | undefined {
    let at = afterParent(bytes, start);
    if (at < 0 || !has(bytes, at, SIDECHAIN)) return undefined;
    at += SIDECHAIN.length;
    this.isSidechain = has(bytes, at, TRUE);
    if (!this.isSidechain && !has(bytes, at, FALSE)) return undefined;
    at += this.isSidechain ? TRUE.length : FALSE.length;
    this.agent_id = "";
    if (has(bytes, at, AGENT)) {
      const end = endOfWord(bytes, at + AGENT.length);
      if (end < 0) return undefined;
      this.agent_id = this.agents.take(bytes, at + AGENT.length, end);
      at = end + 1;
    }
    return has(bytes, at, MESSAGE)
      ? this.readAssistant(bytes, at + MESSAGE.length)
      : this.readResult(bytes, at);
  }

  private readAssistant(bytes: Buffer, at: number): "assistant" | undefined {
    const end = endOfWord(bytes, at);
    if (end < 0 || !has(bytes, end, ROLE)) return undefined;
    const model = end + ROLE.length;
    const modelEnd = endOfWord(bytes, model);
    if (modelEnd < 0 || !has(bytes, modelEnd, CONTENT)) return undefined;
    this.id = this.ids.take(bytes, at, end);
    this.model = this.models.take(bytes, model, modelEnd);
    this.end = modelEnd + CONTENT.length;
    return "assistant";
  }

  private readResult(bytes: Buffer, start: number): "tool_result" | undefined {
    if (!has(bytes, start, PROMPT)) return undefined;
    const prompt = start + PROMPT.length;
    const promptEnd = endOfWord(bytes, prompt);
    if (promptEnd < 0 || !has(bytes, promptEnd + 1, RESULT)) return undefined;
    let at = promptEnd + 1 + RESULT.length;
    if (has(bytes, at, RESULT_TYPE)) at += RESULT_TYPE.length;
    if (!has(bytes, at, TOOL_USE_ID)) return undefined;
    const id = at + TOOL_USE_ID.length;
    const end = endOfWord(bytes, id);
    if (end < 0) return undefined;
    this.prompt_id = this.prompts.take(bytes, prompt, promptEnd);
    this.id = this.ids.take(bytes, id, end);
    this.end = end + 1;
    return "tool_result";
  }
}

/** Behind `{"parentUuid":null` or `{"parentUuid":"…"`. */
function afterParent(bytes: Buffer, start: number): number {
  if (!has(bytes, start, PARENT)) return -1;
  const at = start + PARENT.length;
  if (bytes[at] !== QUOTE) return has(bytes, at, NULL) ? at + NULL.length : -1;
  const end = endOfWord(bytes, at + 1);
  return end < 0 ? -1 : end + 1;
}
