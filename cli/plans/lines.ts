import type { Plan, PlanDetail } from "../../schema/api-plans.ts";
import { cell, counted, toDollars, toDuration, toLocalTime } from "../format.ts";
import { paint, terminalWidth, toPlain } from "../print.ts";
import { table } from "../table.ts";

const percent = (p: Plan) => (p.progress_percent === null ? "—" : `${p.progress_percent} %`);
const took = (ms: number | null) => (ms === null ? "—" : toDuration(ms));

export function planList(plans: readonly Plan[]): string[] {
  if (plans.length === 0)
    return ["No plans yet; plans are found in dev/active and dev/complete of your projects"];
  const cells = (of: (p: Plan) => string) => plans.map((p) => toPlain(of(p)));
  return table(
    [
      { title: "Plan", align: "left", cells: cells((p) => p.name), shrink_to: 12 },
      { title: "Project", align: "left", cells: cells((p) => p.project), shrink_to: 8, drop: 3 },
      { title: "State", align: "left", cells: cells((p) => p.state) },
      { title: "Done", align: "right", cells: cells(percent) },
      { title: "Features", align: "right", cells: cells((p) => `${p.counts.completed}/${p.features}`) },
      { title: "Failed", align: "right", cells: cells((p) => String(p.counts.failed)), drop: 2 },
      { title: "Time", align: "right", cells: cells((p) => took(p.duration_ms)), drop: 1 },
      { title: "Cost", align: "right", cells: cells((p) => toDollars(p.totals.cost_nano_usd)) },
    ],
    { width: terminalWidth() },
  );
}

export function planStatus(plan: PlanDetail, zone: string): string[] {
  const fact = (name: string, value: string | null) => (value ? [`${cell(name, 10)}${toPlain(value)}`] : []);
  const cells = (of: (f: PlanDetail["feature_list"][number]) => string) =>
    plan.feature_list.map((f) => toPlain(of(f)));
  const inferred = plan.feature_list.some((f) =>
    f.attempts.some((a) => a.start_quality === "inferred" || a.end_quality === "inferred"),
  );
  return [
    paint("bold", toPlain(plan.name)),
    ...fact("state", `${plan.state}, ${percent(plan)} of ${counted(plan.features, "feature")}`),
    ...fact("project", plan.project_path),
    ...fact("session", plan.session_key),
    ...fact(
      "time",
      `${toLocalTime(plan.started_unix_ms, zone)} – ${toLocalTime(plan.ended_unix_ms, zone)} (${took(plan.duration_ms)})`,
    ),
    ...fact("ends", plan.eta && `${toLocalTime(plan.eta.at_unix_ms, zone)} (${plan.eta.from})`),
    ...fact(
      "cost",
      `${toDollars(plan.totals.cost_nano_usd)}, including ${toDollars(plan.overhead.cost_nano_usd)} outside features`,
    ),
    ...fact("request", plan.pr_url),
    "",
    ...table(
      [
        { title: "Feature", align: "left", cells: cells((f) => f.feature_id) },
        { title: "What", align: "left", cells: cells((f) => f.description), shrink_to: 16, drop: 1 },
        { title: "Layer", align: "right", cells: cells((f) => String(f.layer)), drop: 3 },
        { title: "State", align: "left", cells: cells((f) => f.status.replaceAll("_", " ")) },
        { title: "Tries", align: "right", cells: cells((f) => String(f.attempt)), drop: 2 },
        { title: "Time", align: "right", cells: cells((f) => took(f.duration_ms)) },
        { title: "Cost", align: "right", cells: cells((f) => toDollars(f.totals.cost_nano_usd)) },
      ],
      { width: terminalWidth() },
    ),
    ...(inferred ? ["", "A feature without a time began or ended while the manifest was not watched."] : []),
  ];
}
