import { basename, dirname, join } from "node:path";
import type { Conversations, KeptAgent, KeptText } from "../../../store/queries/conversation.ts";
import type { SessionRow } from "../../../store/queries/sessions.ts";
import { restoredLine } from "../../restore/mark.ts";
import { byLine, lineOf, type RestoredFile, withEmptyOutputs, wordsOf } from "../../restore/restored.ts";
import { type Restoring, rootOf, type VendorRestore } from "../../restore/vendor-restore.ts";

/** A thread with deeper parents is damaged or malicious. */
const DEEPEST = 50;

/** The date is in the file's name, and the client searches for the file below the folders of that date. */
function rolloutPath(root: string, session: SessionRow): string {
  const known = /rollout-(\d{4})-(\d\d)-(\d\d)T\d\d-\d\d-\d\d-/.exec(basename(session.transcript_path ?? ""));
  const name = known?.[0] ?? `rollout-${localTime(session.started_unix_ms ?? 0)}-`;
  const [year, month, day] = name.slice("rollout-".length).split("T")[0]!.split("-");
  return join(root, year!, month!, day!, `${name}${session.source_session_id}.jsonl`);
}

function localTime(time_unix_ms: number): string {
  const t = new Date(time_unix_ms - new Date(time_unix_ms).getTimezoneOffset() * 60_000);
  return t.toISOString().slice(0, 19).replaceAll(":", "-");
}

/** In the form that holds all of a thread's lines in one file, which every version reads. */
function codexFiles({ session, kept, path }: Restoring): RestoredFile[] {
  const texts = threadTexts(kept, session, 0);
  const lines = byLine(texts).flatMap((parts) => toLines(parts));
  // Only the head is read again: lines added to the file need its thread.
  const text = `${JSON.stringify(metaOf(session, kept))}\n${lines.map((line) => `${restoredLine(line)}\n`).join("")}`;
  return [{ path, text }];
}

/** A thread's texts, including those from another file, in the order of time. */
function threadTexts(kept: Conversations, session: SessionRow, depth: number): KeptText[] {
  const outcomes = new Map(kept.callsOf(session.session_pk).map((c) => [c.tool_use_id, c.outcome]));
  let texts: KeptText[] = [];
  const own = kept.textsOf(session.session_pk).sort((a, b) => a.time_unix_ms - b.time_unix_ms);
  for (const text of withEmptyOutputs(own, outcomes, () => null)) {
    const base = text.follows && /^(.*):o(\d+)$/.exec(text.follows);
    if (base) texts = before(Number(base[2]), taken(kept, session, texts, base[1]!, depth));
    texts.push(text);
  }
  return texts;
}

/** The texts that a continuation of `thread` begins with: from its own thread, if that was reverted. */
function taken(
  kept: Conversations,
  session: SessionRow,
  texts: KeptText[],
  thread: string,
  depth: number,
): KeptText[] {
  if (thread === session.source_session_id) return texts;
  const parent = depth < DEEPEST ? kept.find(`${session.source}:${thread}`) : null;
  return parent ? threadTexts(kept, parent, depth + 1) : [];
}

const ORDINAL = /:o(\d+)(?:-output)?$/;

function before(end: number, texts: readonly KeptText[]): KeptText[] {
  return texts.filter((text) => Number(ORDINAL.exec(lineOf(text))?.[1] ?? 0) < end);
}

function metaOf(session: SessionRow, kept: Conversations): object {
  const id = session.source_session_id;
  const timestamp = new Date(session.started_unix_ms ?? 0).toISOString();
  const agent = session.relation === "agent" ? kept.agentOf(session) : null;
  const parent = session.parent_session_id ?? undefined;
  return {
    timestamp,
    type: "session_meta",
    payload: {
      id,
      session_id: agent?.root ?? id,
      timestamp,
      cwd: session.project_path ?? "/",
      originator: session.entrypoint ?? "codex_cli_rs",
      cli_version: session.client_version ?? "",
      ...(agent
        ? asAgent(agent, parent ?? agent.root)
        : { source: session.entrypoint === "codex_exec" ? "exec" : "cli" }),
      ...(session.relation === "fork" && { forked_from_id: parent }),
      ...(session.git_branch && { git: { branch: session.git_branch } }),
      model_provider: "openai",
    },
  };
}

/** Internal agents of the client are recognized only by their name. */
const OWN_AGENTS = ["review", "compact"];

function asAgent({ agent_type, description, depth }: KeptAgent, parent_thread_id: string): object {
  const spawn = { parent_thread_id, depth: depth ?? 1 };
  const isOwn = agent_type !== null && OWN_AGENTS.includes(agent_type);
  const isNamed = agent_type !== null && !isOwn && agent_type !== "thread_spawn";
  return {
    source: { subagent: isOwn ? agent_type : { thread_spawn: spawn } },
    parent_thread_id,
    ...(isNamed && { agent_role: agent_type }),
    ...(description && { agent_nickname: description }),
  };
}

function toLines(parts: readonly KeptText[]): object[] {
  const [first] = parts;
  const timestamp = new Date(first!.time_unix_ms).toISOString();
  const item = toItem(parts);
  if (!item) return [];
  const line = { timestamp, type: "response_item", payload: item };
  const shown = toShown(first!.role, parts.map(wordsOf).join("\n"));
  return shown ? [line, { timestamp, type: "event_msg", payload: shown }] : [line];
}

/** Shown in the terminal for a resumed thread, and used as its name in the list of threads. */
function toShown(role: KeptText["role"], message: string): object | undefined {
  if (role === "prompt")
    return { type: "user_message", message, images: [], local_images: [], text_elements: [] };
  return role === "answer" ? { type: "agent_message", message } : undefined;
}

function toItem(parts: readonly KeptText[]): object | undefined {
  const [first] = parts;
  const call_id = first!.tool_use_id ?? "";
  const name = first!.tool_name ?? "unknown";
  const words = parts.map(wordsOf).join("\n");
  switch (first!.role) {
    case "thinking":
      return undefined;
    case "tool_input":
      if (first!.record === "custom_tool")
        return { type: "custom_tool_call", status: "completed", call_id, name, input: words };
      if (first!.record === "local_shell") return shellCall(first!, call_id);
      return { type: "function_call", name, arguments: words, call_id };
    case "tool_output":
      return {
        type: first!.record === "custom_tool" ? "custom_tool_call_output" : "function_call_output",
        call_id,
        output: words,
      };
    default:
      return message(parts);
  }
}

/** A shell action has its own form; a truncated or redacted one is restored as a call with text. */
function shellCall(text: KeptText, call_id: string): object {
  try {
    return {
      type: "local_shell_call",
      call_id,
      status: "completed",
      action: JSON.parse(text.text) as object,
    };
  } catch {
    return { type: "function_call", name: "local_shell", arguments: wordsOf(text), call_id };
  }
}

function message(parts: readonly KeptText[]): object {
  const [first] = parts;
  const isAnswer = first!.role === "answer";
  const role = isAnswer ? "assistant" : (first!.record ?? "user");
  const type = isAnswer ? "output_text" : "input_text";
  return { type: "message", role, content: parts.map((part) => ({ type, text: wordsOf(part) })) };
}

export const codexRestore: VendorRestore = {
  pathOf(session, roots) {
    // An archived thread has no folder by date, and is resumed from the other one.
    const root = rootOf(session.transcript_path, roots) ?? roots[0];
    const isArchive = root !== undefined && basename(root) === "archived_sessions";
    return root && rolloutPath(isArchive ? join(dirname(root), "sessions") : root, session);
  },
  files: codexFiles,
};
