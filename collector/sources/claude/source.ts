import { cutText, parseJson, toId } from "../../../schema/text.ts";
import type { FileBatch } from "../../../store/batch.ts";
import type { LineParser, Source } from "../source.ts";
import { createClaudeParser } from "./parser.ts";

/** Claude Code's transcripts: `<project>/<session>.jsonl` and everything below `<session>/subagents/`. */
export const claude: Source = {
  name: "claude",
  accepts: (relativePath) =>
    (relativePath.endsWith(".jsonl") && !relativePath.includes("/tool-results/")) ||
    isAgentMeta(relativePath),
  isDocument: isAgentMeta,
  open: (path: string, parserState: string, into: FileBatch): LineParser =>
    isAgentMeta(path) ? createMetaParser(path, into) : createClaudeParser(path, parserState, into),
};

const COWORK = /(?:^|\/)local_[^/]+\/\.claude\/projects\//;

/** Claude Desktop's Cowork: each of its sessions has a folder of Claude's own below it. `audit.jsonl` beside that repeats it all. */
export const cowork: Source = {
  ...claude,
  accepts: (relativePath) => COWORK.test(relativePath) && claude.accepts(relativePath),
};

function isAgentMeta(path: string): boolean {
  return path.endsWith(".meta.json") && path.includes("/subagents/");
}

/**
 * `subagents/agent-<id>.meta.json` contains the type of a sub-agent and the call that started it (seen on 2.1.197 and
 * .329).
 */
function createMetaParser(path: string, into: FileBatch): LineParser {
  return {
    state: () => "",
    line(bytes, start, end, offset) {
      const reject = (detail: string) =>
        into.rejects.push({
          source: "claude",
          path,
          offset,
          length_bytes: end - start,
          reason: "invalid_json",
          detail,
        });
      const parts = path.split("/");
      const agent_id = (parts.at(-1) ?? "").replace(/^agent-/, "").replace(/\.meta\.json$/, "");
      const session_id = parts[parts.lastIndexOf("subagents") - 1];
      if (!session_id || !agent_id) return void reject("not below a session's subagents folder");
      try {
        const meta = parseJson(bytes.toString("utf8", start, end)) as Record<string, unknown>;
        into.agents.push({
          source: "claude",
          session_id,
          agent_id,
          ...(typeof meta.agentType === "string" && { agent_type: toId(meta.agentType) }),
          ...(typeof meta.description === "string" && { description: cutText(meta.description, 200) }),
          ...(typeof meta.toolUseId === "string" && { tool_use_id: toId(meta.toolUseId) }),
          ...(Number.isInteger(meta.spawnDepth) && { depth: meta.spawnDepth as number }),
        });
      } catch {
        reject("not JSON");
      }
    },
  };
}
