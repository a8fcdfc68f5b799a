import { VENDOR_CHOICE, VENDOR_NAMES } from "../../schema/vendors.ts";
import { WASTE_KIND_NAMES, WASTE_KINDS } from "../../schema/waste.ts";
import { openReader } from "../../store/database.ts";
import { type Command, choice, flag, JSON_OPTION, text } from "../command.ts";
import { requireNames } from "../known-names.ts";
import { createLocalApp } from "../local-app.ts";
import { moment, RANGE_OPTIONS } from "../moment.ts";
import { out, printJson, terminalWidth } from "../print.ts";
import { withWait } from "../progress-line.ts";
import { requireSession } from "../session-id.ts";
import { wasteLines } from "../waste-lines.ts";

export const waste: Command = {
  options: {
    ...RANGE_OPTIONS,
    kind: { type: "string", value: "KIND", what: "only this kind" },
    project: { type: "string", value: "PATH", what: "only this project: its path, or the last part of it" },
    session: { type: "string", value: "ID", what: "only this session, from its start to its end" },
    source: { type: "string", value: VENDOR_CHOICE, what: "only this agent" },
    json: JSON_OPTION,
  },
  more:
    "Default range: the last 7 days. Before: the same cause in the preceding period of the same length.\n" +
    "The total counts money that is in two findings once. Findings below one cent are omitted. Kinds:\n" +
    WASTE_KIND_NAMES.map((name) => `  ${name.padEnd(18)} ${WASTE_KINDS[name].what}`).join("\n"),
  async run({ values, config }) {
    const source = choice(values, "source", VENDOR_NAMES);
    const settings = config();
    const db = openReader(settings.data_dir);
    try {
      requireNames(db, { project: text(values, "project") });
      const now = Date.now();
      const time = (name: "since" | "until") => moment(values, name, settings.time_zone, now)?.toString();
      const session = text(values, "session");
      const query = {
        kind: choice(values, "kind", WASTE_KIND_NAMES),
        session_id: session === undefined ? undefined : requireSession(db, session),
        source,
        project: text(values, "project"),
        start_time: time("since"),
        end_time: time("until"),
      };
      const pending = createLocalApp(db, settings).call("GET /api/waste", { query });
      const answer = await withWait(process.stderr, "searching for waste", pending);
      if (flag(values, "json")) printJson(answer);
      else for (const line of wasteLines(answer.data, terminalWidth())) out(line);
      return 0;
    } finally {
      db.close();
    }
  },
};
