import { loadPlanDocuments } from "./documents.ts";
import type { Finding } from "./finding.ts";
import { costFindings, graphFindings } from "./graph-rules.ts";
import { pathFindings, staleDecisionFindings, verificationFindings, watchFindings } from "./habit-rules.ts";
import { referenceFindings } from "./reference-rules.ts";
import { shapeFindings } from "./shape-rules.ts";

const RULES = [
  shapeFindings,
  graphFindings,
  referenceFindings,
  pathFindings,
  verificationFindings,
  watchFindings,
  costFindings,
  staleDecisionFindings,
];

/** All findings of a plan, by file and line. `path` is the plan's folder or its manifest. Never throws. */
export function lintPlan(path: string): Finding[] {
  const documents = loadPlanDocuments(path);
  return RULES.flatMap((rule) => rule(documents)).sort(
    (a, b) => compare(a.path, b.path) || a.line - b.line || compare(a.code, b.code),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
