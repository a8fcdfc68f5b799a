import type { Waste, WasteFinding } from "../schema/api-waste.ts";
import { projectName } from "../schema/projects.ts";
import { WASTE_KINDS } from "../schema/waste.ts";
import { counted, toCount, toDollars } from "./format.ts";
import { toPlain } from "./print.ts";
import { table } from "./table.ts";

/** For a terminal of this width. */
export function wasteLines(found: Waste, width: number): string[] {
  if (found.requests === 0) return ["No requests in this period"];
  if (found.findings.length === 0)
    return [`No waste found in ${toDollars(found.cost_nano_usd)}`, ...gone(found)];
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
      { width },
    ),
    ...(found.others.findings > 0
      ? [`${counted(found.others.findings, "finding")} more: ${toDollars(found.others.counted_nano_usd)}`]
      : []),
    totalLine(found),
    ...rows.slice(0, 3).flatMap(proof),
    ...gone(found),
    ...(found.unpriced_requests > 0
      ? [`${counted(found.unpriced_requests, "request")} without a price, not included`]
      : []),
  ];
}

const totalLine = ({ total_nano_usd, cost_nano_usd, before_total_nano_usd }: Waste) =>
  `Total, each dollar counted once: ${toDollars(total_nano_usd)} of ${toDollars(cost_nano_usd)}` +
  (before_total_nano_usd === null ? "" : `; before: ${toDollars(before_total_nano_usd)}`);

/** Evidence of the most expensive findings, and a fix. */
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
