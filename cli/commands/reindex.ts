import { VENDOR_CHOICE, VENDOR_NAMES } from "../../schema/vendors.ts";
import { type Command, choice, flag, JSON_OPTION } from "../command.ts";
import { callRoute, requireDaemon } from "../daemon-client.ts";
import { counted } from "../format.ts";
import { out, printJson, toPlain } from "../print.ts";

export const reindex: Command = {
  options: {
    source: { type: "string", value: VENDOR_CHOICE, what: "only this source" },
    json: JSON_OPTION,
  },
  more: "What is already stored is recognized and not counted twice.",
  async run({ values, config }) {
    const source = choice(values, "source", VENDOR_NAMES);
    const daemon = await requireDaemon(config().data_dir);
    const body = source === undefined ? {} : { sources: [source] };
    const answer = await callRoute(daemon, "POST /api/system/reindex", { body });
    if (flag(values, "json")) printJson(answer);
    else
      out(
        `reading ${counted(answer.data.files, "file")} of ${toPlain(answer.data.sources.join(", "))} again; see \`hall-monitor status\``,
      );
    return 0;
  },
};
