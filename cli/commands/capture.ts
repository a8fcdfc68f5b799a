import type { Capture } from "../../schema/api-capture.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { callRoute, requireDaemon } from "../daemon-client.ts";
import { cell } from "../format.ts";
import { out, printJson, terminalWidth, toPlain } from "../print.ts";
import { hang } from "../wrap.ts";

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
  const names = Math.max(0, ...found.sources.map((s) => s.source.length)) + 2;
  const width = terminalWidth();
  return [
    ...found.agents.flatMap((a) =>
      hang(cell(a.agent, 8), `${a.words} (${a.mode}): ${toPlain(a.reason)}`, width),
    ),
    "",
    ...found.sources.flatMap((s) =>
      hang(`${s.source.padEnd(names)}${cell(s.state, 8)}`, toPlain(s.reason), width),
    ),
    ...(found.transitions.length > 0 ? [""] : []),
    ...found.transitions
      .slice(0, 10)
      .flatMap((t) =>
        hang(
          `${new Date(t.time_unix_ms).toISOString()}  `,
          `${t.agent}: ${t.from} → ${t.to}, ${toPlain(t.reason)}`,
          width,
        ),
      ),
  ];
}
