import { type Command, flag, JSON_OPTION } from "../command.ts";
import { callRoute, findDaemon } from "../daemon-client.ts";
import { out, printJson } from "../print.ts";
import { progress } from "./status.ts";

export const backfill: Command = {
  options: {
    quiet: { type: "boolean", short: "q", excludes: ["--json"], what: "print nothing" },
    texts: {
      type: "boolean",
      what: "also read the conversations for `search` (a daemon does this when idle)",
    },
    json: JSON_OPTION,
  },
  more: "A running daemon does this already; the command then shows its progress.",
  async run({ values, config }) {
    const settings = config();
    const json = flag(values, "json");
    const quiet = flag(values, "quiet");
    const daemon = await findDaemon(settings.data_dir);
    if (!daemon) {
      const { runBackfill } = await import("../backfill.ts");
      return runBackfill(settings, { json, quiet, texts: flag(values, "texts") });
    }
    const { data } = await callRoute(daemon, "GET /api/status");
    if (json) printJson(data.backfill);
    else if (!quiet) out(`import of history by the daemon at ${daemon.url}: ${progress(data.backfill)}`);
    return 0;
  },
};
