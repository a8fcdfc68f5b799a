import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { readRegular } from "../../../hooks/regular.ts";
import { type PlanFeature, PlanFeature as Shape } from "../../../schema/plan.ts";

/** A line of the manifest: its value, and the feature in it. */
export type ManifestEntry = {
  line: number;
  value: unknown;
  /** Absent if a field is missing or wrong. */
  feature?: PlanFeature;
};

/** Everything that the rules check, read once. Paths are relative to the plan's folder. */
export type PlanDocuments = {
  manifest_path: string;
  entries: ManifestEntry[];
  features: { line: number; feature: PlanFeature }[];
  decisions: Map<string, string>;
  edge_cases: Map<string, string>;
  /** Names of the specifications in `prompts/`. */
  prompts: string[];
  /** Markdown files next to the manifest, with their text. */
  documents: { path: string; text: string }[];
  exists(path: string): boolean;
  /** Empty if it cannot be read. */
  read(path: string): string;
};

const LARGEST_DOCUMENT_BYTES = 1024 * 1024;

/** Reads a plan: its folder, or the manifest in it. */
export function loadPlanDocuments(path: string): PlanDocuments {
  const isManifest = path.endsWith(".jsonl");
  const folder = isManifest ? dirname(path) : path;
  const manifest_path = isManifest ? path.slice(folder.length + 1) : "manifest.jsonl";
  const read = reader(folder);
  const entries = toEntries(read(manifest_path));
  return {
    manifest_path,
    entries,
    features: entries.flatMap(({ line, feature }) => (feature ? [{ line, feature }] : [])),
    decisions: numberedEntries(read("decisions.md"), "D"),
    edge_cases: numberedEntries(read("edge-cases.md"), "EC"),
    prompts: list(join(folder, "prompts")).map((name) => `prompts/${name}`),
    documents: list(folder).map((name) => ({ path: name, text: read(name) })),
    exists: (relative) => existsSync(join(folder, relative)),
    read,
  };
}

function reader(folder: string): (relative: string) => string {
  const known = new Map<string, string>();
  return (relative) => {
    const text = known.get(relative) ?? readDocument(join(folder, relative));
    known.set(relative, text);
    return text;
  };
}

function readDocument(path: string): string {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= LARGEST_DOCUMENT_BYTES
      ? readRegular(path, "theirs").toString("utf8")
      : "";
  } catch {
    return "";
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".md"))
      .sort();
  } catch {
    return [];
  }
}

function toEntries(text: string): ManifestEntry[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return [{ line: i + 1, value: undefined }];
    }
    const parsed = Shape.safeParse(withoutUnknown(value));
    return [{ line: i + 1, value, ...(parsed.success && { feature: parsed.data }) }];
  });
}

/** An unknown field is a separate finding and does not hide the feature from the other rules. */
function withoutUnknown(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => Object.hasOwn(Shape.shape, name)));
}

/**
 * `D001` → its text, of a document that lists them by number: as headings with a body
 * (`## D001 — title`), as rows of a table or as items of a list.
 */
function numberedEntries(text: string, letters: string): Map<string, string> {
  const start = new RegExp(`^(?:#{1,6} +|\\| *|[-*] +|(?=\\*))\\**(${letters}\\d{3,})\\b\\**[ :—–|.-]+(.*)$`);
  const found = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split("\n")) {
    const [, id, title] = start.exec(line) ?? [];
    if (id !== undefined && !found.has(id)) {
      found.set(id, title ?? "");
      current = id;
    } else if (current !== undefined) found.set(current, `${found.get(current)}\n${line}`);
  }
  return found;
}

/** GitHub's anchors of the headings of a document. */
export function headingAnchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((m) =>
    (m[1] ?? "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}
