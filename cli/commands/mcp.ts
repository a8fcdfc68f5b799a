import type { Command } from "../command.ts";
import { serveMcp } from "../mcp/server.ts";

export const mcp: Command = {
  options: {},
  more: [
    "For agents, not for the terminal: uses the Model Context Protocol on stdin and stdout, and exits when they close.",
    "Its tools only read, with or without a daemon. The plugin registers it with Claude Code; for Codex:",
    "",
    "  codex mcp add hall-monitor -- hall-monitor mcp",
  ].join("\n"),
  async run({ config }) {
    await serveMcp(config());
    return 0;
  },
};
