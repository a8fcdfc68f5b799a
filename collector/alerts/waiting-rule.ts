/** A session that waits for a person. Pure. */
import type { SessionActivity, WaitsFor } from "../../schema/activity.ts";
import type { Alert } from "../../schema/alerts.ts";
import type { SourceName } from "../../schema/event-names.ts";
import { cutText } from "../../schema/text.ts";
import { vendorNamed } from "../../schema/vendors.ts";
import type { Facts, Verdict } from "./engine.ts";
import { NOTHING } from "./limit-rules.ts";

const RULE = "session_waiting";
const TITLE_CHARS = 300;

type Wait = { session_key: string; since_unix_ms: number; waits_for: WaitsFor };

/** The waiting sessions, and since when. */
export function waitsOf(all: readonly SessionActivity[]): Wait[] {
  return all.flatMap(({ session_key, activity: { state, since_unix_ms, waits_for } }) =>
    state === "waiting" && since_unix_ms !== null && waits_for
      ? [{ session_key, since_unix_ms, waits_for }]
      : [],
  );
}

/** When the next of them will have waited this long; undefined if none will. */
export function nextDue(waits: readonly Wait[], after_ms: number, now: number): number | undefined {
  const coming = waits.map((wait) => wait.since_unix_ms + after_ms).filter((due) => due > now);
  return coming.length > 0 ? Math.min(...coming) : undefined;
}

/** One alert per wait: a later question of the same session is another wait. */
export function sessionsWaiting(
  waits: readonly Wait[],
  active: ReadonlyMap<string, Alert>,
  after_seconds: number,
  now: number,
  projectOf: (session_key: string) => string | null,
): Verdict[] {
  const verdicts = new Map<string, Verdict>();
  for (const alert of active.values())
    if (alert.rule === RULE) verdicts.set(alert.key, { key: alert.key, is: "fine" });
  for (const wait of waits) {
    if (now - wait.since_unix_ms < after_seconds * 1000) continue;
    const key = `${RULE}:${wait.session_key}`;
    const old = active.get(key);
    // Between two evaluations the first question was answered and a second one asked.
    const is_new_window = old !== undefined && wait.since_unix_ms > old.fired_unix_ms;
    verdicts.set(key, { key, is: "bad", facts: factsOf(wait, after_seconds, now, projectOf), is_new_window });
  }
  return [...verdicts.values()];
}

function factsOf(
  { session_key, since_unix_ms, waits_for }: Wait,
  threshold: number,
  now: number,
  projectOf: (session_key: string) => string | null,
): Facts {
  const source = session_key.slice(0, session_key.indexOf(":")) as SourceName;
  const project = projectOf(session_key);
  const place = project ? ` in ${project.split(/[\\/]/).findLast(Boolean) ?? project}` : "";
  const subject = [waits_for.tool_name ?? waits_for.kind, waits_for.argument].filter(Boolean).join(": ");
  const value = Math.floor((now - since_unix_ms) / 1000);
  return {
    ...NOTHING,
    rule: RULE,
    name: "session_waiting",
    severity: "warning",
    level: 0,
    title: cutText(`${vendorNamed(source)?.short_label ?? source} waits for you${place}`, TITLE_CHARS),
    detail: cutText(subject, TITLE_CHARS),
    value,
    threshold,
    unit: "seconds",
    source,
    project: project && cutText(project, TITLE_CHARS),
    session_key,
  };
}
