import type * as z from "zod";
import { valueAt } from "./value-at.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];
/** `path` is its place in the value; `choices` are the allowed values. */
export type PlainIssue = { path: Path; detail: string; given?: string; choices?: string[] };

/** Keys with a value that is never printed. */
export const SECRET_KEY = /secret|token|password|url$/i;

const KINDS: Record<string, string> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object in { }",
  record: "an object in { }",
  string: "a text in quotes",
};

const FORMATS: Record<string, string> = { date: "a date such as 2026-11-20", url: "a web address" };

/** Each fault of a value that a schema rejects, in words for a person who edits the file. */
export function plainIssues(issues: readonly Issue[], value: unknown): PlainIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code !== "unrecognized_keys") return [plainIssue(issue, valueAt(value, issue.path))];
    const place = issue.path.length === 0 ? "" : ` of ${nameOf(issue.path)}`;
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      detail: `${JSON.stringify(key)} is not a key${place}`,
      given: key,
    }));
  });
}

function plainIssue(issue: Issue, value: unknown): PlainIssue {
  const { path } = issue;
  const name = nameOf(path);
  const not = value === undefined || SECRET_KEY.test(String(path.at(-1))) ? "" : `, not ${shown(value)}`;
  if (value === undefined) return { path, detail: `${name} is missing` };
  switch (issue.code) {
    case "invalid_type":
      return { path, detail: `${name} must be ${KINDS[issue.expected] ?? issue.expected}${not}` };
    case "invalid_value": {
      const choices = issue.values.map((value) => JSON.stringify(value) ?? String(value));
      const detail = `${name} must be ${choices.length > 1 ? "one of " : ""}${choices.join(", ")}${not}`;
      return { path, detail, given: String(value), choices: issue.values.map(String) };
    }
    case "too_small":
      return {
        path,
        detail: `${name} ${bound(issue.origin, issue.minimum, issue.inclusive !== false, "least")}${not}`,
      };
    case "too_big":
      return {
        path,
        detail: `${name} ${bound(issue.origin, issue.maximum, issue.inclusive !== false, "most")}${not}`,
      };
    case "invalid_format":
      return { path, detail: `${name} must be ${FORMATS[issue.format] ?? "in another form"}${not}` };
    case "custom":
      return { path, detail: `${name}: ${issue.message}` };
    default:
      return { path, detail: `${name} is not valid${not && `: ${shown(value)}`}` };
  }
}

function bound(origin: string, edge: number | bigint, inclusive: boolean, side: "least" | "most"): string {
  const amount = inclusive ? `at ${side} ${edge}` : `${side === "least" ? "more" : "less"} than ${edge}`;
  const isOne = Number(edge) === 1;
  if (origin === "string") return `must have ${amount} ${isOne ? "character" : "characters"}`;
  return origin === "array" ? `must have ${amount} ${isOne ? "entry" : "entries"}` : `must be ${amount}`;
}

/** `budgets[0].limit_usd` */
function nameOf(path: Path): string {
  const name = path.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return /^[\w$]+$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(key)}]`;
  });
  return name.join("").replace(/^\./, "") || "the file";
}

const LONGEST = 40;
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
