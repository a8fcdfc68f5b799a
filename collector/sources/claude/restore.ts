import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { LINE_BEFORE, shortLine } from "../../../schema/texts.ts";
import type { KeptAgent, KeptResponse, KeptText } from "../../../store/queries/conversation.ts";
import type { SessionRow } from "../../../store/queries/sessions.ts";
import { restoredLine } from "../../restore/mark.ts";
import {
  byLine,
  inputOf,
  isAdded,
  isFileName,
  lineOf,
  type RestoredFile,
  withEmptyOutputs,
  wordsOf,
} from "../../restore/restored.ts";
import { type Restoring, rootOf, type VendorRestore } from "../../restore/vendor-restore.ts";

/** A longer folder name is truncated, and a hash of the whole path appended (observed in 2.1.332). */
const LONGEST_NAME = 200;

/** The name of the client's folder for a project's transcripts. */
function claudeFolder(project_path: string): string {
  const name = project_path.replace(/[^a-zA-Z0-9]/g, "-");
  if (name.length <= LONGEST_NAME) return name;
  let sum = 0;
  for (let i = 0; i < project_path.length; i++) sum = ((sum << 5) - sum + project_path.charCodeAt(i)) | 0;
  return `${name.slice(0, LONGEST_NAME)}-${Math.abs(sum).toString(36)}`;
}

/** The files of its sub-agents, and last the session's transcript: the files that it refers to exist before it does. */
function claudeFiles({ session, kept, path }: Restoring): RestoredFile[] {
  const pk = session.session_pk;
  const responses = kept.responsesOf(pk);
  const outcomes = new Map(kept.callsOf(pk).map((c) => [c.tool_use_id, c.outcome]));
  const agents = new Map(kept.agentsOf(pk).map((a) => [a.agent_id, a]));
  const threads = Map.groupBy(inOrder(kept.textsOf(pk)), (t) => t.agent_id);
  const below = join(path.replace(/\.jsonl$/, ""), "subagents");
  const named = [...threads].filter(([agent_id]) => agent_id === "" || isFileName(agent_id));
  const mainLast = named.sort(([a], [b]) => Number(a === "") - Number(b === ""));
  return mainLast.flatMap(([agent_id, texts]): RestoredFile[] => {
    const of = { session, responses, agent: agent_id === "" ? undefined : agent_id };
    const lines = toLines(withEmptyOutputs(texts, outcomes, lineOf), of);
    const text = lines.map((line) => `${restoredLine(line)}\n`).join("");
    if (agent_id === "") return [{ path, text }];
    const file = join(below, `agent-${agent_id}`);
    const meta = metaOf(agents.get(agent_id));
    return [
      { path: `${file}.jsonl`, text },
      ...(meta ? [{ path: `${file}.meta.json`, text: JSON.stringify(meta) }] : []),
    ];
  });
}

/** Earlier versions stored texts in a different order than in the file, and without their response. */
function inOrder(texts: KeptText[]): KeptText[] {
  if (texts.some((t) => t.response_id !== null)) return texts;
  return texts.sort((a, b) => a.time_unix_ms - b.time_unix_ms);
}

/** Undefined if only the texts of an agent are known. */
function metaOf(agent: KeptAgent | undefined): object | undefined {
  if (!agent?.agent_type) return undefined;
  return {
    agentType: agent.agent_type,
    ...(agent.description && { description: agent.description }),
    ...(agent.tool_use_id && { toolUseId: agent.tool_use_id }),
    ...(agent.depth !== null && { spawnDepth: agent.depth }),
  };
}

type Of = { session: SessionRow; responses: ReadonlyMap<string, KeptResponse>; agent: string | undefined };

function toLines(texts: readonly KeptText[], of: Of): object[] {
  const lines: object[] = [];
  const parentOf = parents();
  for (const blocks of byLine(texts)) {
    const [first] = blocks;
    const id = lineOf(first!);
    let parent = parentOf(id, first!.follows);
    if (first!.record === "summary") {
      // From here on the client sends only the following lines.
      const boundary = uuidOf(`${id} boundary`);
      lines.push({ ...head(first!, of, boundary, null, "system"), ...BOUNDARY, logicalParentUuid: parent });
      parent = boundary;
    }
    const isAnswer = ["answer", "thinking", "tool_input"].includes(first!.role);
    const content = blocks.flatMap(toBlock);
    if (content.length === 0) parentOf.leaveOut(id, parent);
    else {
      const line = head(first!, of, uuidOf(id), parent, isAnswer ? "assistant" : "user");
      lines.push(isAnswer ? answer(line, first!, content, of) : words(line, first!, content));
    }
  }
  return lines;
}

const BOUNDARY = {
  subtype: "compact_boundary",
  content: "Conversation compacted",
  isMeta: false,
  level: "info",
  compactMetadata: { trigger: "auto", preTokens: 0 },
};

/** Finds the parent of each line, skipping lines without text and omitted lines. */
function parents() {
  const known = new Map<string, string | null>();
  /** The previous line, as stored. */
  let kept: string | null = null;
  /** An inserted line, and its parent. */
  let added: { uuid: string; parent: string | null } | undefined;
  const put = (id: string, uuid: string | null) => {
    known.set(id, uuid);
    kept = uuid;
    added = undefined;
  };
  const anchored = (anchor: string): string | null => {
    if (anchor === "") return null;
    if (anchor === LINE_BEFORE) return kept;
    const id = known.has(anchor) ? anchor : shortLine(anchor);
    return known.has(id) ? known.get(id)! : kept;
  };
  const parentOf = (id: string, follows: string | null): string | null => {
    const [anchor, ...between] = follows?.split(" ") ?? [LINE_BEFORE];
    let parent = anchored(anchor!);
    if (between.length > 0 && added?.parent === parent) parent = added.uuid;
    for (const bare of between) known.set(bare, parent);
    if (isAdded(id)) added = { uuid: uuidOf(id), parent };
    else put(id, uuidOf(id));
    return parent;
  };
  /** Children of an omitted line get its parent. */
  return Object.assign(parentOf, { leaveOut: put });
}

function head(
  { time_unix_ms }: KeptText,
  { session, agent }: Of,
  uuid: string,
  parentUuid: string | null,
  type: "assistant" | "user" | "system",
): object {
  return {
    parentUuid,
    isSidechain: agent !== undefined,
    ...(agent !== undefined && { agentId: agent }),
    type,
    uuid,
    timestamp: new Date(time_unix_ms).toISOString(),
    userType: "external",
    ...(session.entrypoint && { entrypoint: session.entrypoint }),
    cwd: session.project_path ?? "/",
    sessionId: session.source_session_id,
    version: session.client_version ?? "",
    ...(session.git_branch && { gitBranch: session.git_branch }),
  };
}

function toBlock(text: KeptText): object[] {
  const id = text.tool_use_id ?? "";
  switch (text.role) {
    case "thinking":
      return [];
    case "tool_input":
      return [{ type: "tool_use", id, name: text.tool_name ?? "unknown", input: inputOf(text) }];
    case "tool_output": {
      const block = { type: "tool_result", tool_use_id: id, content: wordsOf(text) };
      return [text.is_error ? { ...block, is_error: true } : block];
    }
    default:
      return [{ type: "text", text: wordsOf(text) }];
  }
}

function words(line: object, { role, record }: KeptText, content: object[]): object {
  const marks =
    record === "summary"
      ? { isCompactSummary: true, isVisibleInTranscriptOnly: true }
      : role === "context" && { isMeta: true };
  return { ...line, ...marks, message: { role: "user", content } };
}

/** With the vendor's ids and figures, so that a program that counts this file counts each response once. */
function answer(line: object, { response_id, item_key }: KeptText, content: object[], of: Of): object {
  const response = response_id === null ? undefined : of.responses.get(response_id);
  const isCall = content.some((block) => (block as { type?: string }).type === "tool_use");
  return {
    ...line,
    ...(response?.provider_request_id && { requestId: response.provider_request_id }),
    message: {
      id: response_id ?? `msg_kept_${uuidOf(item_key).replaceAll("-", "")}`,
      type: "message",
      role: "assistant",
      model: response?.model || "<synthetic>",
      content,
      stop_reason: isCall ? "tool_use" : "end_turn",
      stop_sequence: null,
      usage: usageOf(response),
    },
  };
}

function usageOf(r: KeptResponse | undefined): object {
  const [short, long] = [r?.cache_creation_5m_input_tokens ?? 0, r?.cache_creation_1h_input_tokens ?? 0];
  return {
    input_tokens: r?.uncached_input_tokens ?? 0,
    cache_creation_input_tokens: short + long,
    cache_read_input_tokens: r?.cache_read_input_tokens ?? 0,
    cache_creation: { ephemeral_5m_input_tokens: short, ephemeral_1h_input_tokens: long },
    output_tokens: r?.output_tokens ?? 0,
    server_tool_use: { web_search_requests: r?.web_search_requests ?? 0, web_fetch_requests: 0 },
    ...(r?.service_tier && { service_tier: r.service_tier }),
    ...(r?.speed && { speed: r.speed }),
  };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A line without an id of that form gets a deterministic one. */
function uuidOf(id: string): string {
  if (UUID.test(id)) return id;
  const hex = createHash("sha256").update(id).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export const claudeRestore: VendorRestore = {
  pathOf({ transcript_path, project_path, source_session_id }, roots) {
    const known = rootOf(transcript_path, roots);
    // Found by its name: a session from another session's file is written next to it.
    if (known !== undefined) return join(dirname(transcript_path!), `${source_session_id}.jsonl`);
    const [root] = roots;
    if (root === undefined || project_path === null) return undefined;
    return join(root, claudeFolder(project_path), `${source_session_id}.jsonl`);
  },
  files: claudeFiles,
};
