import type { PlanDocuments } from "./documents.ts";
import { headingAnchors } from "./documents.ts";
import type { Finding } from "./finding.ts";
import { finding } from "./shape-rules.ts";

/** PL007 to PL010: everything that a plan names must exist. */
export function referenceFindings(documents: PlanDocuments): Finding[] {
  const { manifest_path: path, features } = documents;
  const named = new Set(features.map((f) => f.feature.file));
  return [
    ...features.flatMap(({ line, feature }) => [
      ...(documents.exists(feature.file)
        ? []
        : [
            finding("PL007", { path, line }, `${feature.file} does not exist`, "write it, or correct `file`"),
          ]),
      ...feature.code_refs.flatMap((ref) => codeRefFinding(documents, { path, line }, ref)),
      ...unknownIds(feature.decisions, documents.decisions, "decisions.md", { path, line }),
      ...unknownIds(feature.edge_cases, documents.edge_cases, "edge-cases.md", { path, line }),
    ]),
    ...documents.prompts
      .filter((prompt) => !named.has(prompt))
      .map((prompt) =>
        finding(
          "PL008",
          { path: prompt, line: 1 },
          "no feature refers to this specification",
          "name it in the manifest, or delete it",
        ),
      ),
    ...documents.prompts.flatMap((prompt) => linkFindings(documents, prompt)),
  ];
}

type Here = Pick<Finding, "path" | "line">;

function codeRefFinding(documents: PlanDocuments, here: Here, ref: string): Finding[] {
  const [file = "", anchor] = ref.split("#");
  if (!documents.exists(file))
    return [finding("PL007", here, `${file} does not exist`, "write it, or correct `code_refs`")];
  if (anchor === undefined) return [];
  const anchors = headingAnchors(documents.read(file));
  if (anchors.includes(anchor)) return [];
  const near = anchors.find((a) => a.startsWith(anchor.slice(0, 8)) || anchor.startsWith(a));
  return [
    finding(
      "PL009",
      here,
      `${file} has no heading #${anchor}`,
      near
        ? `did you mean #${near}?`
        : `its headings are ${anchors.map((a) => `#${a}`).join(", ") || "none"}`,
    ),
  ];
}

function unknownIds(ids: string[], known: Map<string, string>, file: string, here: Here): Finding[] {
  return ids
    .filter((id) => !known.has(id))
    .map((id) =>
      finding("PL010", here, `${id} is not in ${file}`, `document it in ${file}, or remove the reference`),
    );
}

/** Documents of the plan that a specification links to or names in backticks. */
function linkFindings(documents: PlanDocuments, prompt: string): Finding[] {
  const folder = prompt.slice(0, prompt.lastIndexOf("/"));
  return documents
    .read(prompt)
    .split("\n")
    .flatMap((text, i) =>
      [...text.matchAll(/\]\(([\w./-]+\.md)(?:#[\w-]*)?\)|`((?:prompts\/)?\d[\w.-]*\.md)`/g)]
        .map((m) => m[1] ?? m[2] ?? "")
        .filter((target) => !documents.exists(target) && !documents.exists(`${folder}/${target}`))
        .map((target) =>
          finding(
            "PL007",
            { path: prompt, line: i + 1 },
            `${target} does not exist`,
            "correct the reference",
          ),
        ),
    );
}
