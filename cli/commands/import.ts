import { refuseBesideDaemon } from "../alone.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { counted } from "../format.ts";
import { complain, out, printJson, toPlain } from "../print.ts";

export const importCommand: Command = {
  positionals: ["FILE…"],
  required: { what: "a file", hint: "see `hall-monitor import --help`" },
  options: { json: JSON_OPTION },
  more: "NDJSON of `hall-monitor export`, or files of an archive folder (.jsonl, .jsonl.zst).\nRecords that are already stored are skipped. Stop the daemon first.",
  async run({ values, positionals, config }) {
    const settings = config();
    await refuseBesideDaemon(settings.data_dir);
    const { importFiles } = await import("../import.ts");
    const result = await importFiles(settings, positionals);
    if (flag(values, "json")) {
      printJson(result);
      return 0;
    }
    out(
      `${counted(result.requests, "request")}, ${counted(result.events, "event")} and ${counted(result.samples, "sample")} of limits added; ${counted(result.known, "record")} already stored`,
    );
    for (const { path, not_understood } of result.files)
      if (not_understood > 0) complain(`${toPlain(path)}: ${counted(not_understood, "line")} skipped`);
    return 0;
  },
};
