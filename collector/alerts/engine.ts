/** When an alert fires and clears. Pure: the rules are elsewhere. */
import type { AlertIdentity, Ending } from "../../schema/alert-rules.ts";
import type { Alert } from "../../schema/alerts.ts";

export type Facts = Omit<Alert, "key" | "fired_unix_ms" | keyof AlertIdentity> & AlertIdentity;

/** A rule's verdict on one subject. */
export type Verdict =
  | { key: string; is: "fine"; ending?: Ending }
  /** Not known well enough, or between two thresholds: the previous verdict still applies. */
  | { key: string; is: "unclear" }
  /** `is_new_window`: the previous alert was of a past window. */
  | { key: string; is: "bad"; facts: Facts; for_ms?: number; is_new_window?: boolean };

export type Ended = { alert: Alert; ending: Ending };
export type Step = { fired: Alert[]; ended: Ended[]; active: Alert[] };

/**
 * One evaluation of everything. An alert fires when it begins and again when its level rises, and then not until it has
 * cleared; one that no rule reports clears. `bad_since` is kept from one evaluation to the next.
 */
export function step(
  before: readonly Alert[],
  verdicts: readonly Verdict[],
  bad_since: Map<string, number>,
  now: number,
): Step {
  const current = new Map(verdicts.map((v) => [v.key, v]));
  for (const key of bad_since.keys()) if (current.get(key)?.is !== "bad") bad_since.delete(key);
  const known = new Map(before.map((alert) => [alert.key, alert]));
  const ended: Ended[] = [];
  for (const alert of before) {
    const verdict = current.get(alert.key) ?? { is: "fine", ending: endingOf(alert) };
    if (verdict.is === "fine") ended.push({ alert, ending: verdict.ending ?? "recovered" });
    if (verdict.is === "bad" && verdict.is_new_window) ended.push({ alert, ending: "reset" });
  }
  const fired: Alert[] = [];
  for (const v of current.values()) {
    if (v.is !== "bad") continue;
    const old = v.is_new_window ? undefined : known.get(v.key);
    if (old ? v.facts.level <= old.level : !isDue(v, bad_since, now)) continue;
    fired.push({ key: v.key, ...v.facts, fired_unix_ms: now });
  }
  const changed = new Set([...ended.map((e) => e.alert.key), ...fired.map((f) => f.key)]);
  return { fired, ended, active: [...before.filter((a) => !changed.has(a.key)), ...fired] };
}

/** A budget is withdrawn once its period is over. */
function endingOf(alert: Alert): Ending {
  return alert.rule === "budget" ? "reset" : "withdrawn";
}

function isDue(verdict: Verdict & { is: "bad" }, bad_since: Map<string, number>, now: number): boolean {
  const since = bad_since.get(verdict.key);
  // A clock that was set back restarts the wait.
  const from = since === undefined || since > now ? now : since;
  bad_since.set(verdict.key, from);
  return now - from >= (verdict.for_ms ?? 0);
}
