type Severity = "warning" | "critical";
type Rule = {
  /** When it fires; names of keys of config.json in backquotes. */
  fires: string;
  /** The key of config.json that configures it; null if there is none. */
  key: string | null;
  /** Names of its notices, each with its severities. */
  names: Readonly<Record<string, readonly Severity[]>>;
};

/** What is evaluated, in display order. Printed into docs/alerts.md. */
export const ALERT_RULES = {
  quota: {
    fires:
      "more of a window is used than one of these percentages, or nothing is left; never on a sample older than a tenth of its window",
    key: "alerts.quota_at",
    names: { quota_low: ["warning"], quota_reached: ["critical"] },
  },
  source_down: {
    fires: "a polled status program has not answered for this many minutes",
    key: "alerts.down_after_minutes",
    names: { unavailable: ["critical"] },
  },
  readings_stale: {
    fires:
      "a polled account has had no new sample for this many minutes, or for two of its intervals and a minute if that is longer",
    key: "alerts.stale_after_minutes",
    names: { stale: ["warning"] },
  },
  credits_low: {
    fires: "fewer credits than this are left; critical when none are",
    key: "alerts.credits_below",
    names: { credits_low: ["warning", "critical"] },
  },
  budget: {
    fires: "a percentage in `at` of a budget is spent (default: 50, 80 and 100)",
    key: "budgets",
    names: { "budget.threshold": ["warning"], "budget.exceeded": ["critical"] },
  },
  spend_rate: {
    fires: "the last hour cost a multiple of a usual hour of work in the last seven days",
    key: "rate_of_change",
    names: { "budget.rate": ["warning"] },
  },
  capture_degraded: {
    fires: "the live part of an agent, or everything (critical), has not been recorded for five minutes",
    key: null,
    names: { "capture.degraded": ["warning", "critical"] },
  },
  cost_unexplained: {
    fires: "more than 2 % of the client's own total of the last week is unexplained",
    key: null,
    names: { "cost.unexplained": ["warning"] },
  },
  session_waiting: {
    fires:
      "a session has waited for a person for this many seconds. Once per wait; clears with the answer. `top` and `waiting --watch` ring the terminal bell",
    key: "alerts.waiting_after_seconds",
    names: { session_waiting: ["warning"] },
  },
} as const satisfies Record<string, Rule>;

/** Name of the notice when its alert clears. */
export const ALERT_ENDINGS = {
  reset: "the window or the period is over",
  recovered: "the condition no longer holds",
  withdrawn: "it is no longer evaluated",
} as const;

type Rules = typeof ALERT_RULES;
export type AlertRule = keyof Rules;
/** `reset`: its window or period is over. `withdrawn`: it is no longer evaluated. */
export type Ending = keyof typeof ALERT_ENDINGS;
type FiringName<R extends AlertRule> = keyof Rules[R]["names"];
type AlertName = { [R in AlertRule]: FiringName<R> }[AlertRule] | Ending;

/** A combination of rule, name and severity from one row above: any other does not compile. */
export type AlertIdentity = {
  [R in AlertRule]: {
    [N in FiringName<R>]: {
      rule: R;
      name: N;
      severity: Rules[R]["names"][N] extends readonly (infer S)[] ? S : never;
    };
  }[FiringName<R>];
}[AlertRule];

export const ALERT_RULE_NAMES = Object.keys(ALERT_RULES) as [AlertRule, ...AlertRule[]];
/** What a webhook receiver filters by. */
export const ALERT_NAMES = [
  ...Object.values<Rule>(ALERT_RULES).flatMap(({ names }) => Object.keys(names)),
  ...Object.keys(ALERT_ENDINGS),
] as [AlertName, ...AlertName[]];
