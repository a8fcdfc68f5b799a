import { SESSION_KEY_FORMS } from "../../schema/vendors.ts";
import { type Call, type Command, flag } from "../command.ts";
import { toLocalTime } from "../format.ts";
import { sessionReport } from "../session-report.ts";
import { FORMATS } from "../transcript/render.ts";
import { usageTable } from "../usage-table.ts";
import { REPORT_OPTIONS, report } from "./report.ts";

/** Filters of lists; a named session is shown whole. */
const LIST_OPTIONS = Object.fromEntries(
  Object.entries(REPORT_OPTIONS).map(([name, option]) => [
    name,
    name === "timezone" || name === "json" ? option : { ...option, excludes: ["<id>"] },
  ]),
);

export const session: Command = {
  positionals: ["id"],
  options: {
    ...LIST_OPTIONS,
    transcript: { type: "boolean", needs: ["<id>"], what: "print its conversation" },
    around: {
      type: "string",
      value: "TEXT",
      needs: ["--transcript"],
      what: "with --transcript: the context of a text found by `search`",
    },
    format: {
      type: "string",
      value: FORMATS.join("|"),
      needs: ["--transcript"],
      excludes: ["--json"],
      what: "with --transcript: the format (text)",
    },
    output: {
      type: "string",
      value: "FILE",
      needs: ["--transcript"],
      what: "with --transcript: write to a new file instead of the terminal",
    },
  },
  more:
    `With an id (${SESSION_KEY_FORMS}, bare, or its beginning): that session with its agents and tools.\n` +
    "Without: whole sessions active in the range. Exit code 69 if there is no data.",
  async run(call) {
    const [id] = call.positionals;
    if (id === undefined) return list(call);
    if (flag(call.values, "transcript")) {
      const { showTranscript } = await import("../transcript/show.ts");
      return showTranscript(call, id);
    }
    // One session comes from the viewer's route, which the table does not need.
    const { showSession } = await import("../session-detail.ts");
    return showSession(call, id);
  },
};

function list(call: Call): Promise<number> {
  return report(call, sessionReport, (found, options) => {
    const rows = found.rows.map((row) => ({
      labels: [
        row.session_key,
        toLocalTime(row.last_unix_ms, found.time_zone),
        row.title ?? row.project_path ?? "",
      ],
      totals: row,
    }));
    const head = [
      { title: "Session", shrink_to: 15 },
      { title: "Last seen", drop: 6 },
      { title: "Title", shrink_to: 10, drop: 7 },
    ];
    return usageTable(head, rows, found, options);
  });
}
