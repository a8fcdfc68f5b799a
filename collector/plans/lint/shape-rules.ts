import { PlanFeature } from "../../../schema/plan.ts";
import type { ManifestEntry, PlanDocuments } from "./documents.ts";
import type { Finding, LintCode } from "./finding.ts";

type Here = Pick<Finding, "path" | "line">;
const FIELDS = Object.keys(PlanFeature.shape);

/** PL001 to PL004: rules about one line. */
export function shapeFindings({ manifest_path: path, entries, features }: PlanDocuments): Finding[] {
  const found = entries.flatMap((entry) => ofEntry({ path, line: entry.line }, entry));
  const first = new Map<string, number>();
  for (const { line, feature } of features) {
    const known = first.get(feature.id);
    if (known === undefined) first.set(feature.id, line);
    else
      found.push(
        finding(
          "PL004",
          { path, line },
          `${feature.id} is already the feature of line ${known}`,
          "give it the next free id",
        ),
      );
  }
  return found;
}

function ofEntry(here: Here, { value }: ManifestEntry): Finding[] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [finding("PL001", here, "the line is not a JSON object", "write one feature per line as JSON")];
  const unknown = Object.keys(value).filter((name) => !FIELDS.includes(name));
  const checked = PlanFeature.safeParse(value);
  const wrong = checked.success ? [] : checked.error.issues.filter((i) => i.code !== "unrecognized_keys");
  return [
    ...unknown.map((name) =>
      finding(
        "PL002",
        here,
        `${name} is not a field of a feature`,
        `remove it; the fields are ${FIELDS.join(", ")}`,
      ),
    ),
    ...wrong.map(({ path, message }) => {
      const name = path.join(".");
      const isMissing = !Object.hasOwn(value, String(path[0]));
      return isMissing
        ? finding("PL003", here, `${name} is missing`, `add ${name}`)
        : finding("PL003", here, `${name}: ${message}`, `correct ${name}`);
    }),
  ];
}

export function finding(code: LintCode, here: Here, message: string, fix: string): Finding {
  return { code, ...here, message, fix };
}
