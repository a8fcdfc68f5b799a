import type { Waste, WasteFinding } from "../../schema/api-waste.ts";
import { SOURCES } from "../../schema/event-names.ts";
import { projectName } from "../../schema/projects.ts";
import { WASTE_KIND_NAMES, WASTE_KINDS } from "../../schema/waste.ts";
import { openReader } from "../../store/database.ts";
import { type Command, choice, flag, JSON_OPTION, text } from "../command.ts";
import { counted, toCount, toDollars } from "../format.ts";
import { createLocalApp } from "../local-app.ts";
import { moment, RANGE_OPTIONS } from "../moment.ts";
import { out, printJson, terminalWidth, toPlain } from "../print.ts";
import { fullId } from "../session-id.ts";
import { table } from "../table.ts";

export const waste: Command = {
  options: {
    ...RANGE_OPTIONS,
    kind: { type: "string", value: "KIND", what: `only this kind: ${WASTE_KIND_NAMES.join(", ")}` },
    project: { type: "string", value: "PATH", what: "only this project: its path, or the last part of it" },
    session: { type: "string", value: "ID", what: "only this session, of all its time" },
    source: { type: "string", value: "claude|codex", what: "only this agent" },
    json: JSON_OPTION,
  },
  more:
    "Without --since: seven days. Before: the same cause in the time before, of the same length. A finding stands for\n" +
    "itself; the total counts money that is in two of them once. Causes below one cent are left out.",
  async run({ values, config }) {
    const settings = config();
    const db = openReader(settings.data_dir);
    try {
      const now = Date.now();
      const time = (name: "since" | "until") => moment(values, name, settings.time_zone, now)?.toString();
      const session = text(values, "session");
      const query = {
        kind: choice(values, "kind", WASTE_KIND_NAMES),
        session_id: session === undefined ? undefined : fullId(db, session),
        source: choice(values, "source", SOURCES),
        project: text(values, "project"),
        start_time: time("since"),
        end_time: time("until"),
      };
      const answer = await createLocalApp(db, settings).call("GET /api/waste", { query });
      if (flag(values, "json")) printJson(answer);
      else for (const line of lines(answer.data)) out(line);
      return 0;
    } finally {
      db.close();
    }
  },
};

function lines(found: Waste): string[] {
  if (found.requests === 0) return ["no requests in this time"];
  if (found.findings.length === 0)
    return [`no waste found in ${toDollars(found.cost_nano_usd)}`, ...gone(found)];
  const rows = found.findings;
  return [
    ...table(
      [
        { title: "Waste", align: "left", shrink_to: 20, cells: rows.map((f) => toPlain(f.what)) },
        {
          title: "Kind",
          align: "left",
          shrink_to: 14,
          drop: 1,
          cells: rows.map((f) => WASTE_KINDS[f.kind].label),
        },
        { title: "Times", align: "right", drop: 2, cells: rows.map((f) => toCount(f.occurrences)) },
        { title: "Cost", align: "right", cells: rows.map((f) => toDollars(f.nano_usd)) },
        { title: "Before", align: "right", cells: rows.map((f) => toDollars(f.before_nano_usd)) },
      ],
      { width: terminalWidth() },
    ),
    ...(found.others.findings > 0
      ? [`${counted(found.others.findings, "finding")} more: ${toDollars(found.others.counted_nano_usd)}`]
      : []),
    totalLine(found),
    ...rows.slice(0, 3).flatMap(proof),
    ...gone(found),
    ...(found.unpriced_requests > 0
      ? [`${counted(found.unpriced_requests, "request")} without a price: in no sum of money`]
      : []),
  ];
}

const totalLine = ({ total_nano_usd, cost_nano_usd, before_total_nano_usd }: Waste) =>
  `Together, each dollar once: ${toDollars(total_nano_usd)} of ${toDollars(cost_nano_usd)}` +
  (before_total_nano_usd === null ? "" : `; before: ${toDollars(before_total_nano_usd)}`);

/** Where the dearest are seen, and what to do. */
function proof({ what, project, evidence, advice }: WasteFinding): string[] {
  const [first] = evidence;
  if (!first) return [];
  const where = project === null ? "" : ` in ${projectName(project)}`;
  return [
    "",
    toPlain(`${what}${where}`),
    toPlain(`  ${first.session_key}: ${counted(first.requests, "request")} from ${first.request_keys[0]}`),
    `  ${advice}`,
  ];
}

const gone = ({ gone }: Waste) =>
  gone.map((g) =>
    toPlain(`no longer: ${g.what} (${WASTE_KINDS[g.kind].label}), ${toDollars(g.before_nano_usd)} before`),
  );
