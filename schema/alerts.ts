/** Alerts: what is evaluated (`alerts`, `budgets` and `rate_of_change` of config.json) and what is reported. */

import * as z from "zod";
import { alertFields, alertNoticeFields } from "./alert-shapes.ts";
import { VENDOR_NAMES, VENDORS, vendorsWith } from "./vendors.ts";

const DENYING = vendorsWith("hooks_can_deny")
  .map((name) => VENDORS[name].label)
  .join(" and ");

/** One condition that needs attention. It is reported once per `key` and `level`, however long it lasts. */
export const Alert = z.object(alertFields(z));
export type Alert = z.infer<typeof Alert>;

export const AlertNotice = z.object(alertNoticeFields(z));
export type AlertNotice = z.infer<typeof AlertNotice>;

export const RecentAlert = AlertNotice.extend({
  seq: z.int(),
  event_type: z.enum(["alert_fired", "alert_cleared"]),
  time_unix_ms: z.int(),
});
export type RecentAlert = z.infer<typeof RecentAlert>;

const DELIVERIES = ["webhook", "desktop"] as const;
export const Delivery = z.object({
  name: z.enum(DELIVERIES),
  delivered: z.int().nonnegative(),
  failed_attempts: z.int().nonnegative(),
  given_up: z.int().nonnegative().describe("notices dropped undelivered because they expired"),
  last_success_unix_ms: z.int().nullable(),
  last_failure: z.string().nullable().describe("class of the last failure"),
});
export type Delivery = z.infer<typeof Delivery>;

const percents = (least: number) =>
  z
    .array(z.int().min(least).max(1000))
    .min(1)
    .max(10)
    .transform((list) => [...new Set(list)].sort((a, b) => a - b));
const minutes = z.number().min(1).max(1440);

export const BUDGET_SCOPES = ["day", "week", "month", "session", "project"] as const;
export const Budget = z
  .strictObject({
    scope: z.enum(BUDGET_SCOPES).describe("scope of the budget"),
    limit_usd: z.number().positive().max(1_000_000).describe("the budget, in US dollars"),
    project: z.string().min(1).max(300).describe("folder of a project, or its last part").optional(),
    source: z.enum(VENDOR_NAMES).describe("only the cost of this agent").optional(),
    at: percents(1).describe("percentages of the budget at which an alert fires").default([50, 80, 100]),
    hard_stop: z.boolean().default(false).describe("deny tool calls at 100 %; needs `install --hard-stop`"),
  })
  .refine((b) => b.scope !== "project" || b.project !== undefined, "scope project needs a project")
  .refine(
    (b) => !b.hard_stop || b.source === undefined || VENDORS[b.source].hooks_can_deny,
    `hard_stop denies tools of ${DENYING} only`,
  );
export type Budget = z.infer<typeof Budget>;

/** `GET /api/alerts`. */
export const Alerts = z.object({
  active: z.array(Alert),
  recent: z.array(RecentAlert).describe("newest first, at most 50"),
  is_dry_run: z.boolean().nullable().describe("null = nothing is evaluated in this process"),
  budgets: z.array(Budget).describe("budgets of config.json; empty if nothing is evaluated"),
  deliveries: z.array(Delivery).describe("delivery to each configured receiver; empty by default"),
});
export type Alerts = z.infer<typeof Alerts>;

export const RateOfChange = z.strictObject({
  factor: z.number().min(1.1).max(1000).describe("multiple of the usual cost of an hour of work").default(3),
  min_usd: z
    .number()
    .nonnegative()
    .max(1_000_000)
    .describe("never alert below this cost per hour, in US dollars")
    .default(5),
});
export type RateOfChange = z.infer<typeof RateOfChange>;

const failures = z.int().min(2).max(1000);
export const LoopGuard = z
  .strictObject({
    warn_after: failures.describe("identical failed calls in a row before the agent is warned").default(3),
    deny_after: failures.describe("identical failed calls in a row before the next one is denied").default(5),
  })
  .refine((g) => g.warn_after <= g.deny_after, "warn_after is at most deny_after");
export type LoopGuard = z.infer<typeof LoopGuard>;

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Only encrypted over the network: a notice names accounts and projects. */
function isWebhookUrl(value: string): boolean {
  const url = URL.parse(value);
  if (url === null || `${url.username}${url.password}` !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && LOOPBACK.has(url.hostname));
}

export const Webhook = z.strictObject({
  url: z
    .string()
    .refine(isWebhookUrl, "must be an https address, or http on this machine, without a password in it")
    .describe("where notices are sent"),
  secret: z.string().min(16, "16 characters or more").max(500).describe("key of the HMAC signature"),
});
export type Webhook = z.infer<typeof Webhook>;

const AlertConfig = z.strictObject({
  enabled: z.boolean().describe("evaluate alerts").default(true),
  dry_run: z.boolean().describe("show alerts without sending notifications").default(false),
  quota_at: percents(1).describe("percentages of a window at which an alert fires").default([80, 100]),
  credits_below: z.number().nonnegative().describe("alert when fewer credits than this are left").default(5),
  down_after_minutes: minutes
    .describe("alert when a polled program has not answered for this many minutes")
    .default(10),
  stale_after_minutes: minutes
    .describe("alert when a polled account has had no new sample for this many minutes")
    .default(10),
  waiting_after_seconds: z
    .int()
    .min(1)
    .max(86_400)
    .describe("alert when a session has waited for you for this many seconds; absent = never")
    .optional(),
  webhook: Webhook.describe("receives one signed JSON POST per notice").optional(),
  desktop: z.boolean().describe("show notices on the desktop").default(false),
});

/** The part of config.json about alerts; other rooms parse the other keys. */
export const AlertFile = z.looseObject({
  alerts: AlertConfig.describe("which alerts are evaluated, and where they are sent").prefault({}),
  budgets: z.array(Budget).max(50).describe("your budgets").default([]),
  rate_of_change: RateOfChange.describe("alert on an unusually expensive hour").optional(),
  loop_guard: LoopGuard.describe(
    "warn about a call that keeps failing, then deny it; needs `install --hard-stop`; absent = off",
  ).optional(),
});

export type AlertSettings = z.infer<typeof AlertConfig> & {
  budgets: Budget[];
  rate_of_change: RateOfChange | undefined;
  loop_guard?: LoopGuard | undefined;
};
