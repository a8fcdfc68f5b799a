import type { Tokens } from "./truth.ts";

/** What every line of one transcript file repeats. */
export type FileFacts = {
  session_id: string;
  /** Empty on the main thread. */
  agent_id: string;
  cwd: string;
  /** `2.1.329` or `2.1.197`: they write different keys and line types. */
  version: string;
  /** Set in the copied part of a fork. */
  tail: string;
};

export const NEW_CLIENT = "2.1.329";

export function fileFacts(session_id: string, agent_id: string, cwd: string, version: string): FileFacts {
  const tail = `"userType":"external","entrypoint":"cli","cwd":"${cwd}","sessionId":"${session_id}","version":"${version}","gitBranch":"main"}`;
  return { session_id, agent_id, cwd, version, tail };
}

function head(file: FileFacts, parent: string): string {
  const side = file.agent_id ? `true,"agentId":"${file.agent_id}"` : "false";
  return `{"parentUuid":${parent ? `"${parent}"` : "null"},"isSidechain":${side}`;
}

export type Response = {
  message_id: string;
  request_id: string;
  request_ref: string;
  model: string;
  tokens: Tokens;
};

export function usage(t: Tokens, output: number, isNew: boolean): string {
  const created = t.cache_creation_5m_input_tokens + t.cache_creation_1h_input_tokens;
  const details = isNew ? `"output_tokens_details":{"thinking_tokens":0},` : "";
  return `{"input_tokens":${t.uncached_input_tokens},"cache_creation_input_tokens":${created},"cache_read_input_tokens":${t.cache_read_input_tokens},"output_tokens":${output},${details}"server_tool_use":{"web_search_requests":0,"web_fetch_requests":0},"service_tier":"standard","cache_creation":{"ephemeral_1h_input_tokens":${t.cache_creation_1h_input_tokens},"ephemeral_5m_input_tokens":${t.cache_creation_5m_input_tokens}},"inference_geo":"not_available","iterations":[],"speed":"standard"${isNew ? `,"fallback_credit":null` : ""}}`;
}

export function assistantLine(
  file: FileFacts,
  at: { parent: string; uuid: string; time: string; block: number; output: number; stop: string },
  response: Response,
  content: string,
): string {
  const isNew = file.version === NEW_CLIENT;
  const stop = at.stop ? `"${at.stop}"` : "null";
  const extra = isNew
    ? `"apiBlockIndex":${at.block},"requestId":"${response.request_id}","requestRef":"${response.request_ref}","requestedModel":"${response.model}","promptCacheRequested":"5m"`
    : `"requestId":"${response.request_id}"`;
  const effort = isNew ? `"effort":"medium","perTurnEffort":"medium","madeBy":"model",` : "";
  return `${head(file, at.parent)},"message":{"id":"${response.message_id}","type":"message","role":"assistant","model":"${response.model}","content":[${content}],"stop_reason":${stop},"stop_sequence":null,"stop_details":null,"usage":${usage(response.tokens, at.output, isNew)}},${extra},"type":"assistant","uuid":"${at.uuid}","timestamp":"${at.time}",${effort}${file.tail}`;
}

export function promptLine(
  file: FileFacts,
  parent: string,
  uuid: string,
  time: string,
  promptId: string,
  text: string,
): string {
  return `${head(file, parent)},"promptId":"${promptId}","type":"user","message":{"role":"user","content":"${text}"},"uuid":"${uuid}","timestamp":"${time}","permissionMode":"default","origin":{"kind":"human"},"promptSource":"typed",${file.tail}`;
}

export function toolResultLine(
  file: FileFacts,
  at: { parent: string; uuid: string; time: string; promptId: string },
  result: { tool_use_id: string; content: string; is_error: boolean; full: string },
): string {
  return `${head(file, at.parent)},"promptId":"${at.promptId}","type":"user","message":{"role":"user","content":[{"tool_use_id":"${result.tool_use_id}","type":"tool_result","content":${result.content},"is_error":${result.is_error}}]},"uuid":"${at.uuid}","timestamp":"${at.time}","toolUseResult":${result.full},"sourceToolAssistantUUID":"${at.parent}","permissionDecision":{"decision":"accept","source":"config"},${file.tail}`;
}

export function attachmentLine(
  file: FileFacts,
  parent: string,
  uuid: string,
  time: string,
  kind: string,
  text: string,
): string {
  return `${head(file, parent)},"attachment":{"type":"${kind}","content":"${text}","isInitial":true},"type":"attachment","uuid":"${uuid}","timestamp":"${time}","rendered":[{"content":"${text}"}],"renderedRole":"system",${file.tail}`;
}

export function systemLine(
  file: FileFacts,
  parent: string,
  uuid: string,
  time: string,
  subtype: string,
  rest: string,
): string {
  return `${head(file, parent)},"type":"system","subtype":"${subtype}",${rest},"timestamp":"${time}","uuid":"${uuid}","isMeta":false,${file.tail}`;
}

export function snapshotLine(uuid: string, time: string, backups: string): string {
  return `{"type":"file-history-snapshot","messageId":"${uuid}","snapshot":{"messageId":"${uuid}","trackedFileBackups":{${backups}},"timestamp":"${time}"},"isSnapshotUpdate":false}`;
}

export function apiRequestLine(
  file: FileFacts,
  ref: string,
  time: string,
  model: string,
  hash: string,
  keep: number,
  text: string,
): string {
  return `{"type":"api-request","sessionId":"${file.session_id}","id":"${ref}","timestamp":"${time}","version":"${file.version}","querySource":"repl_main_thread","shapeHash":"${hash}","params":{"model":"${model}","max_tokens":128000,"thinking":{"type":"adaptive","display":"updates"},"output_config":{"effort":"medium"}},"keep":${keep},"tail":[{"role":"user","content":"${text}"}],"cacheControl":"5m","requestDigest":"${hash}"}`;
}

/** Sent once a session by the new client: the system prompt and every tool's description. */
export function apiShapeLine(file: FileFacts, time: string, hash: string, text: string): string {
  return `{"type":"api-request-shape","sessionId":"${file.session_id}","shapeHash":"${hash}","timestamp":"${time}","version":"${file.version}","shape":{"system":[{"type":"text","text":"${text}"}],"tools":[{"name":"Bash","description":"${text}"}]}}`;
}

export function smallLine(type: string, sessionId: string, rest: string): string {
  return `{"type":"${type}",${rest},"sessionId":"${sessionId}"}`;
}
