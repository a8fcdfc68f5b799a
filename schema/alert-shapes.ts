import { ALERT_NAMES, ALERT_RULE_NAMES } from "./alert-rules.ts";
import { SOURCES } from "./event-names.ts";
import type { Zod } from "./event-shapes.ts";

const SEVERITIES = ["warning", "critical"] as const;

/** The fields of an alert; zod is a parameter, see `event-shapes.ts`. */
export function alertFields(z: Zod) {
  const text = z.string().max(300).nullable();
  return {
    key: z.string().min(1).max(600).describe("subject of the alert; equal for the same subject"),
    rule: z.enum(ALERT_RULE_NAMES),
    name: z.enum(ALERT_NAMES),
    severity: z.enum(SEVERITIES),
    level: z.int().describe("percentage of the limit or budget that was crossed; 0 without thresholds"),
    title: z.string().max(300),
    detail: z.string().max(300),
    value: z.number().nullable(),
    threshold: z.number().nullable(),
    unit: z.enum(["percent", "usd", "seconds", "credits"]),
    source: z.enum(SOURCES),
    account: text,
    limit_id: text,
    window: text,
    project: text,
    session_key: text,
    resets_at_unix_ms: z.int().nullable(),
    fired_unix_ms: z.int(),
  };
}

/** Data of an alert's event and body of its webhook. */
export const alertNoticeFields = (z: Zod) => ({
  ...alertFields(z),
  is_dry_run: z.boolean().describe("a dry run: no notification is sent"),
  cleared_unix_ms: z.int().nullable(),
});
