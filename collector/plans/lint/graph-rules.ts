import { cycles, reachable } from "../../../store/plans/graph.ts";
import type { PlanDocuments } from "./documents.ts";
import type { Finding } from "./finding.ts";
import { finding } from "./shape-rules.ts";

/** PL005, PL006 and PL015: rules about dependencies. */
export function graphFindings({ manifest_path: path, features }: PlanDocuments): Finding[] {
  const byId = new Map(features.map((f) => [f.feature.id, f]));
  const lineOf = (id: string) => byId.get(id)?.line ?? 1;
  const unknown = features.flatMap(({ line, feature }) =>
    feature.depends_on
      .filter((id) => !byId.has(id))
      .map((id) =>
        finding(
          "PL005",
          { path, line },
          `${feature.id} depends on ${id}, which is not a feature`,
          "correct or remove the dependency",
        ),
      ),
  );
  const circles = cycles(features.map((f) => f.feature)).map((circle) =>
    finding(
      "PL006",
      { path, line: lineOf(circle[0] ?? "") },
      `${[...circle, circle[0]].join(" → ")} is a circle`,
      "remove one of these dependencies",
    ),
  );
  const early = features.flatMap(({ line, feature }) =>
    feature.status !== "completed"
      ? []
      : feature.depends_on
          .map((id) => byId.get(id)?.feature)
          .filter((on) => on !== undefined && on.status !== "completed")
          .map((on) =>
            finding(
              "PL015",
              { path, line },
              `${feature.id} is completed and ${on?.id}, which it depends on, is ${on?.status}`,
              `complete ${on?.id}, or set ${feature.id} back`,
            ),
          ),
  );
  return [...unknown, ...circles, ...early];
}

const SUMS = /\b(?:sums?|summing|summed|aggregat\w+|totals?|roll-?ups?)\b/i;
const COST = /\b(?:costs?|money|spend\w*|prices?|pricing|usd)\b/i;

/** PL014: a feature that adds up what another one computes has to come after it. */
export function costFindings(documents: PlanDocuments): Finding[] {
  const { manifest_path: path, features } = documents;
  const textOf = (f: { description: string; file: string }) =>
    `${f.description}\n${intent(documents.read(f.file))}`;
  const costs = features
    .map((f) => f.feature)
    .filter((f) => /\bcosts?\b/i.test(f.description) && !SUMS.test(f.description));
  return features.flatMap(({ line, feature }) => {
    const sums = textOf(feature)
      .split(/(?<=[.;])\s|\n/)
      .some((sentence) => SUMS.test(sentence) && COST.test(sentence));
    if (!sums || costs.length === 0 || costs.some((c) => c.id === feature.id)) return [];
    const on = reachable(
      features.map((f) => f.feature),
      feature.id,
    );
    if (costs.some((c) => on.has(c.id))) return [];
    const names = costs.map((c) => c.id).join(" or ");
    return [
      finding(
        "PL014",
        { path, line },
        `${feature.id} sums cost and does not depend on ${names}`,
        `add ${names} to depends_on`,
      ),
    ];
  });
}

/** The scope of a specification, without its exclusions. */
export function intent(text: string): string {
  const first = text.split(/^## /m).find((section) => /^(?:Intent|Objective)\b/.test(section));
  return first ?? text.split("\n").slice(0, 12).join("\n");
}
