/** What the linter reports, by its code. The number is stable: scripts and tests name it. */
export const LINT_RULES = {
  PL001: "a line is not a JSON object",
  PL002: "a field that no plan command knows",
  PL003: "a field is missing or has a wrong value",
  PL004: "two features have the same id",
  PL005: "a dependency on an unknown feature",
  PL006: "a dependency cycle",
  PL007: "a file that does not exist",
  PL008: "a specification that no feature refers to",
  PL009: "a heading that does not exist",
  PL010: "a decision or an edge case that is not documented",
  PL011: "a path that exists on one machine only",
  PL012: "a verification that does not run the feature",
  PL013: "watching files without an edge case",
  PL014: "summing cost without depending on it",
  PL015: "completed before what it depends on",
  PL016: "a decision is cited by the number of another one",
} as const;
export type LintCode = keyof typeof LINT_RULES;

export type Finding = {
  code: LintCode;
  /** Relative to the plan's folder. */
  path: string;
  /** From 1. */
  line: number;
  message: string;
  fix: string;
};
