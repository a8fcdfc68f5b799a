import type { Capture } from "../../schema/api-capture.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { callRoute, requireDaemon } from "../daemon-client.ts";
import { cell } from "../format.ts";
import { out, printJson, toPlain } from "../print.ts";

export const capture: Command = {
  options: { json: JSON_OPTION },
  more: "Reported by the running daemon: Complete, Live part missing, History only or Not recording, with the reason.",
  async run({ values, config }) {
    const answer = await callRoute(await requireDaemon(config().data_dir), "GET /api/capture");
    if (flag(values, "json")) printJson(answer);
    else for (const line of captureLines(answer.data)) out(line);
    return 0;
  },
};

export function captureLines(found: Capture): string[] {
  const width = Math.max(0, ...found.sources.map((s) => s.source.length)) + 2;
  return [
    ...found.agents.map((a) => `${cell(a.agent, 8)}${a.words} (${a.mode}): ${toPlain(a.reason)}`),
    "",
    ...found.sources.map((s) => `${s.source.padEnd(width)}${cell(s.state, 8)}${toPlain(s.reason)}`),
    ...(found.transitions.length > 0 ? [""] : []),
    ...found.transitions
      .slice(0, 10)
      .map(
        (t) =>
          `${new Date(t.time_unix_ms).toISOString()}  ${t.agent}: ${t.from} → ${t.to}, ${toPlain(t.reason)}`,
      ),
  ];
}
