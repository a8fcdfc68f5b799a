import { join } from "node:path";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { loadCaptureSettings } from "../../collector/redact/settings.ts";
import type { Config } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { openReader } from "../../store/database.ts";
import { createLocalApp } from "../local-app.ts";
import { isReaderGone, toUnwritable } from "../print.ts";
import { VERSION } from "../version.ts";
import { fittingDocument } from "./bounded.ts";
import { withinCapture } from "./capture.ts";
import { cost, limits, why } from "./money-tools.ts";
import { plans } from "./plan-tools.ts";
import { search, session, sessions, waiting } from "./session-tools.ts";
import type { Tool } from "./tool.ts";

const TOOLS: readonly Tool[] = [sessions, session, search, cost, limits, waiting, why, plans];

const INSTRUCTIONS =
  "hall-monitor records what coding agents did on this machine. Its tools are read-only. Lists return `next_cursor`: pass it as `cursor` to get the next page; null means there is none.";

/** Serves the tools on stdin and stdout until the client closes them; fails once stdout takes nothing. */
export async function serveMcp(config: Config): Promise<void> {
  const server = new McpServer(
    { name: "hall-monitor", title: "hall-monitor", version: VERSION },
    { instructions: INSTRUCTIONS },
  );
  for (const { name, title, description, input, run } of TOOLS)
    server.registerTool(
      name,
      {
        title,
        description,
        inputSchema: input.shape,
        annotations: {
          readOnlyHint: true,
          destructiveHint: false,
          idempotentHint: true,
          openWorldHint: false,
        },
      },
      async (args) => answer(config, (context) => run(args, context)),
    );
  const closed = new Promise<void>((resolve, reject) => {
    process.stdout.on("error", (cause) => (isReaderGone(cause) ? resolve() : reject(toUnwritable(cause))));
    server.server.onclose = resolve;
    process.stdin.once("close", resolve);
    process.stdin.once("end", resolve);
  });
  await server.connect(new StdioServerTransport());
  await closed;
}

type ToolContext = Parameters<Tool["run"]>[1];

/** An error is a response as well: the model reads the reason and the fix. */
async function answer(config: Config, run: (context: ToolContext) => unknown) {
  try {
    const db = openReader(config.data_dir);
    try {
      const found = await run({ db, config, app: createLocalApp(db, config), now: Date.now() });
      const capture = loadCaptureSettings(join(config.data_dir, "config.json"), config.capture);
      return { content: [{ type: "text" as const, text: fittingDocument(withinCapture(found, capture)) }] };
    } finally {
      db.close();
    }
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { code, message, hint } = error;
    const text = JSON.stringify({ error: code, message, ...(hint && { hint }) });
    return { isError: true, content: [{ type: "text" as const, text }] };
  }
}
