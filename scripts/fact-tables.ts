/** Tables of what is counted, watched and reported, by the name in their marker. */
import { ALERT_ENDINGS, ALERT_RULES } from "../schema/alert-rules.ts";
import { AlertFile } from "../schema/alerts.ts";
import { LIMIT_STATES } from "../schema/api-limits.ts";
import { FAILURE_TEXTS, LIMIT_ORIGINS } from "../schema/limit-texts.ts";
import { PROBLEM_CODES } from "../schema/problems.ts";
import { FLAG_TEXTS } from "../schema/quality-flags.ts";
import { DIALS, NAMED_WINDOWS } from "../schema/rate-limits.ts";
import { USAGE_KINDS } from "../schema/usage-kinds.ts";
import { valueAt } from "../schema/value-at.ts";
import { VENDOR_NAMES, VENDORS } from "../schema/vendors.ts";
import { WASTE_KINDS } from "../schema/waste.ts";
import { code, table } from "./markdown.ts";

const described = (head: string, rows: Record<string, string>) =>
  table(
    [head, "Meaning"],
    Object.entries(rows).map(([name, text]) => [code(name), text]),
  );

/** Of an empty config.json; a key without a default is off until it is there. */
function defaultOf(key: string): string {
  const value = valueAt(AlertFile.parse({}), key.split("."));
  const isOff = value === undefined || (Array.isArray(value) && value.length === 0);
  return isOff ? "off" : code(JSON.stringify(value));
}

function alertRules(): string[][] {
  return Object.entries(ALERT_RULES).map(([rule, { fires, key, names }]) => [
    code(rule),
    fires,
    key === null ? "always on" : `${code(key)}: ${defaultOf(key)}`,
    Object.entries<readonly string[]>(names)
      .map(([name, severities]) => `${code(name)} (${severities.join(" or ")})`)
      .join(", "),
  ]);
}

const COUNTED = {
  input: "part of `input_tokens` and of the total",
  output: "part of the total",
  in_output: "part of `output_tokens`, never added again",
  no_token: "no token",
} as const;
const PRICED = {
  rate: "per token",
  some_rate: "per token, or as input where the price has no such rate",
  fee: "per use",
} as const;

function tokenKinds(): string[][] {
  return Object.entries(USAGE_KINDS).map(([field, { what, heading, counted, cost }]) => [
    code(field),
    what,
    heading ?? "–",
    COUNTED[counted],
    cost === null ? "–" : PRICED[cost.priced],
  ]);
}

function limitWindows(): string[][] {
  return NAMED_WINDOWS.map(({ name, minutes, slack }) => [
    code(name),
    `${minutes} minutes, give or take ${slack}`,
    VENDOR_NAMES.map((vendor) => {
      const called = valueAt(VENDORS, [vendor, "cctrack_windows", name]);
      return typeof called === "string" ? `${code(called)} (${VENDORS[vendor].short_label})` : "";
    })
      .filter(Boolean)
      .join(", "),
  ]);
}

export const FACT_TABLES: Record<string, () => string> = {
  alert_rules: () => table(["Rule", "Fires when", "Setting and default", "Names (severity)"], alertRules()),
  alert_endings: () => described("Name", ALERT_ENDINGS),
  problems: () =>
    table(
      ["Code", "Meaning", "What to do"],
      Object.entries(PROBLEM_CODES).map(([name, { title, fix }]) => [code(name), title, fix]),
    ),
  limit_sources: () =>
    table(
      ["Source", "`origin`", "Enabled by", "What it runs", "Reports"],
      Object.entries(LIMIT_ORIGINS).map(([origin, o]) => [
        o.label,
        code(origin),
        o.enabled_by,
        o.runs,
        o.reports,
      ]),
    ),
  limit_dials: () =>
    table(
      ["Dial", "Agent", "Window", "Title"],
      DIALS.map((d) => [code(d.dial), VENDORS[d.source].label, code(d.window), d.title]),
    ),
  limit_windows: () => table(["Window", "Length", "Name in ccTrack's files"], limitWindows()),
  limit_states: () => described("`state`", LIMIT_STATES),
  limit_failures: () => described("Class", FAILURE_TEXTS),
  token_kinds: () => table(["Field", "What it counts", "Column", "Sum", "Price"], tokenKinds()),
  flags: () => described("Flag", FLAG_TEXTS),
  waste: () =>
    table(
      ["Cause", "Counted when"],
      Object.values(WASTE_KINDS).map(({ label, what }) => [label, what]),
    ),
};
