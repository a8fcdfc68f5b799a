/** The three ways in which rollout files were written; `old` has no usage records at all. */
export type Mode = "paginated" | "legacy" | "old";

export type CodexUsage = {
  input_tokens: number;
  cached_input_tokens: number;
  cache_write_input_tokens: number;
  output_tokens: number;
  reasoning_output_tokens: number;
  total_tokens: number;
};

export const noUsage = (): CodexUsage => ({
  input_tokens: 0,
  cached_input_tokens: 0,
  cache_write_input_tokens: 0,
  output_tokens: 0,
  reasoning_output_tokens: 0,
  total_tokens: 0,
});

export function plus(a: CodexUsage, b: CodexUsage): CodexUsage {
  const sum = noUsage();
  for (const kind of Object.keys(sum) as (keyof CodexUsage)[]) sum[kind] = a[kind] + b[kind];
  return sum;
}

/** `ordinal` is only in paginated files. */
export function line(time: string, ordinal: number | undefined, type: string, payload: string): string {
  return `{"timestamp":"${time}",${ordinal === undefined ? "" : `"ordinal":${ordinal},`}"type":"${type}","payload":${payload}}`;
}

export type Meta = {
  thread_id: string;
  session_id: string;
  cwd: string;
  mode: Mode;
  forked_from?: string;
  /** Thread that started this one as a sub-agent. */
  parent_thread?: string;
};

export function sessionMeta(meta: Meta, time: string, text: string): string {
  const fork = meta.forked_from ? `"forked_from_id":"${meta.forked_from}",` : "";
  const source = meta.parent_thread
    ? `{"subagent":{"thread_spawn":{"parent_thread_id":"${meta.parent_thread}","depth":1,"agent_path":"/root/reader","agent_nickname":"Ada","agent_role":"default"}}}`
    : `"cli"`;
  const parent = meta.parent_thread ? `"parent_thread_id":"${meta.parent_thread}",` : "";
  const git = `"git":{"commit_hash":"303f78649ccbbc3cc37529f596703ef8296d9d4d","branch":"main","repository_url":"https://github.com/example/shop.git"}`;
  const common = `"id":"${meta.thread_id}",${fork}${parent}"timestamp":"${time}","cwd":"${meta.cwd}"`;
  if (meta.mode === "old")
    return `{${common},"originator":"codex_cli_rs","cli_version":"0.98.0","source":"cli","model_provider":"openai","instructions":"${text}",${git}}`;
  return `{"account_scoped":true,"creator_user_id":"user-1","creator_account_id":"acct-1","session_id":"${meta.session_id}",${common},"runtime_workspace_roots":["${meta.cwd}"],"originator":"codex-tui","cli_version":"0.169.0","source":${source},"model_provider":"openai","base_instructions":{"text":"${text}","provenance":{"type":"model","model":"gpt-5.5"}},"history_mode":"${meta.mode}","context_window":{"window_id":"${meta.thread_id}"},${git}}`;
}

export function turnContext(turn: string, cwd: string, model: string): string {
  return `{"turn_id":"${turn}","root_turn_id":"${turn}","disabled_plugin_ids":[],"cwd":"${cwd}","approval_policy":"never","approvals_reviewer":"user","permission_profile":{"type":"disabled"},"model":"${model}","comp_hash":"2911","collaboration_mode":{"mode":"default","settings":{"model":"${model}","reasoning_effort":null,"developer_instructions":null}},"multi_agent_version":"v1","realtime_active":false,"summary":"none","sandbox_policy":{"type":"danger-full-access"}}`;
}

export function taskStarted(turn: string, unixMs: number): string {
  return `{"type":"task_started","turn_id":"${turn}","root_turn_id":"${turn}","started_at":${Math.floor(unixMs / 1000)},"model_context_window":258400,"collaboration_mode_kind":"default"}`;
}

export function usageRecord(
  meta: Meta,
  turn: string,
  response: string,
  own: CodexUsage,
  turnSum: CodexUsage,
  threadSum: CodexUsage,
): string {
  return `{"thread_id":"${meta.thread_id}","turn_id":"${turn}","session_id":"${meta.session_id}","root_turn_id":"${turn}","response_id":"${response}","usage":${JSON.stringify(own)},"turn_token_usage":${JSON.stringify(turnSum)},"thread_token_usage":${JSON.stringify(threadSum)}}`;
}

export function tokenCount(total: CodexUsage, last: CodexUsage, percent: number, resetsAt: number): string {
  return `{"type":"token_count","info":{"total_token_usage":${JSON.stringify(total)},"last_token_usage":${JSON.stringify(last)},"last_usage_includes_reasoning":false,"model_context_window":258400},"rate_limits":{"limit_id":"codex","limit_name":null,"primary":{"used_percent":${percent},"window_minutes":300,"resets_at":${resetsAt}},"secondary":{"used_percent":${percent / 4},"window_minutes":10080,"resets_at":${resetsAt + 400_000}},"credits":{"has_credits":true,"unlimited":false,"balance":"37.50"},"individual_limit":null,"spend_control_reached":null,"plan_type":null,"rate_limit_reached_type":null}}`;
}

export function message(role: string, id: string, turn: string, text: string): string {
  const part = role === "assistant" ? "output_text" : "input_text";
  return `{"type":"message","id":"msg_${id}","role":"${role}","content":[{"type":"${part}","text":"${text}"}],"internal_chat_message_metadata_passthrough":{"turn_id":"${turn}"}},"metadata":{"client_authored":false}`;
}

export function itemCompleted(meta: Meta, turn: string, item: string, unixMs: number): string {
  return `{"type":"item_completed","thread_id":"${meta.thread_id}","turn_id":"${turn}","item":${item},"started_at_ms":${unixMs - 5},"completed_at_ms":${unixMs}}`;
}
