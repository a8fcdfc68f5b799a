import { AppError } from "../../schema/errors.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { callRoute, requireDaemon } from "../daemon-client.ts";
import { out, printJson } from "../print.ts";
import { captureLines } from "./capture.ts";

const BODIES = { on: { enabled: true }, off: { enabled: false }, reset: { reset: true } } as const;

export const stream: Command = {
  positionals: ["on|off|reset"],
  required: { what: "on, off or reset", hint: "`hall-monitor capture` shows the state" },
  options: { json: JSON_OPTION },
  more: "off: nothing live is expected or run, even after a restart. reset: clears a crash loop and starts again.",
  async run({ positionals, values, config }) {
    const [word = ""] = positionals;
    if (!Object.hasOwn(BODIES, word))
      throw new AppError("usage", `unknown argument "${word}" for stream`, {
        hint: "one of: on, off, reset",
      });
    const daemon = await requireDaemon(config().data_dir);
    const body = BODIES[word as keyof typeof BODIES];
    const answer = await callRoute(daemon, "POST /api/capture/stream", { body });
    if (flag(values, "json")) printJson(answer);
    else for (const line of captureLines(answer.data)) out(line);
    return 0;
  },
};
