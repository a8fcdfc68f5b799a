import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "./run.ts";

export type Response = {
  id: string;
  at: string;
  model: string;
  input: number;
  output: number;
  cache_read?: number;
};

/** One session's transcript as Claude Code writes it: a prompt, then an answer for each of `responses`. */
export function writeTranscript(
  home: Home,
  session_id: string,
  cwd: string,
  responses: Response[],
  title?: string,
): string {
  const folder = join(home.claude_dir, "projects", cwd.replaceAll("/", "-"));
  mkdirSync(folder, { recursive: true });
  const common = {
    sessionId: session_id,
    cwd,
    gitBranch: "main",
    version: "2.1.329",
    entrypoint: "cli",
    userType: "external",
    isSidechain: false,
  };
  const lines: unknown[] = [
    {
      type: "user",
      uuid: `${session_id}-u`,
      parentUuid: null,
      promptId: `${session_id}-p`,
      timestamp: responses[0]?.at,
      message: { role: "user", content: "do it" },
      ...common,
    },
  ];
  for (const s of responses)
    lines.push({
      type: "assistant",
      uuid: `${session_id}-${s.id}`,
      parentUuid: `${session_id}-u`,
      requestId: `req_${s.id}`,
      timestamp: s.at,
      message: {
        id: `msg_${s.id}`,
        type: "message",
        role: "assistant",
        model: s.model,
        content: [{ type: "text", text: "done" }],
        stop_reason: "end_turn",
        usage: {
          input_tokens: s.input,
          output_tokens: s.output,
          cache_read_input_tokens: s.cache_read ?? 0,
          cache_creation_input_tokens: 0,
          cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
          service_tier: "standard",
        },
      },
      ...common,
    });
  if (title !== undefined) lines.push({ type: "custom-title", customTitle: title, sessionId: session_id });
  const path = join(folder, `${session_id}.jsonl`);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}
