import { FEATURE_STATUSES, type FeatureStatus } from "../../schema/plan.ts";

/** A tool call that may have written the manifest. */
export type ManifestCall = {
  session_pk: number;
  tool_name: string;
  started_unix_ms: number | null;
  ended_unix_ms: number | null;
  /** The command or path, at most 200 characters. */
  summary: string;
  /** The tool's input, as far as its hook event contains it. */
  input: Record<string, unknown> | undefined;
};

/** The status that a call gave a feature. */
export type Assertion = { id: string; status: FeatureStatus };

const TEXTS = ["new_string", "content", "command", "cmd", "input"] as const;

/**
 * The states that a call wrote, as far as its input contains them: JSON lines of features, or a command that names one
 * feature and one state. This finds what was written between two scans; a call without states is not an error.
 */
export function assertionsOf(call: ManifestCall, known: ReadonlySet<string>): Assertion[] {
  return textsOf(call).flatMap((text) => {
    const lines = text.split("\n").flatMap((line) => featureLine(line, known));
    return lines.length > 0 ? lines : fromCommand(text, known);
  });
}

function textsOf({ input, summary }: ManifestCall): string[] {
  if (!input) return [summary];
  const edits = Array.isArray(input.edits) ? (input.edits as unknown[]) : [];
  return [input, ...edits].flatMap((fields) =>
    TEXTS.map((name) => (fields as Record<string, unknown> | null)?.[name]).filter(
      (v) => typeof v === "string",
    ),
  );
}

function featureLine(line: string, known: ReadonlySet<string>): Assertion[] {
  const id = /"id"\s*:\s*"([^"]+)"/.exec(line)?.[1] ?? "";
  const status = /"status"\s*:\s*"([^"]+)"/.exec(line)?.[1];
  const found = FEATURE_STATUSES.find((s) => s === status);
  return found && known.has(id) ? [{ id, status: found }] : [];
}

/** In `sed 's/"status": "pending"/"status": "in_progress"/'` the second one is the result. */
function fromCommand(text: string, known: ReadonlySet<string>): Assertion[] {
  const ids = new Set(
    [...text.matchAll(/[A-Za-z][\w.-]*/g)].map(([word]) => word).filter((word) => known.has(word)),
  );
  const [id] = ids;
  if (ids.size !== 1 || id === undefined || !isWriting(text)) return [];
  const last = [...text.matchAll(/\b(?:pending|in_progress|completed|failed)\b/g)].at(-1)?.[0];
  const status = FEATURE_STATUSES.find((s) => s === last);
  return status ? [{ id, status }] : [];
}

function isWriting(command: string): boolean {
  return /\bsed\s+(?:-\w*i|.*\s-i)|[^2&]>\s*[^&\s]|\b(?:tee|mv|cp|sponge|patch)\b|\b(?:python3?|node|bun|perl|ruby|jq)\b/.test(
    command,
  );
}
