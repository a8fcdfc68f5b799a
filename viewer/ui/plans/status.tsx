import type { Plan } from "../../../schema/api-plans.ts";
import type { FeedEvent } from "../../../schema/events.ts";
import type { FeatureStatus } from "../../../schema/plan.ts";
import { plural } from "../format.ts";

/** In the order of a progress bar; each with a glyph, so that no meaning is in the colour alone. */
export const STATUSES: Record<FeatureStatus, { glyph: string; word: string }> = {
  completed: { glyph: "✓", word: "Completed" },
  in_progress: { glyph: "▶", word: "In progress" },
  failed: { glyph: "✕", word: "Failed" },
  pending: { glyph: "○", word: "Pending" },
};
const STATES: Record<Plan["state"], { glyph: string; word: string; tone: string }> = {
  active: { glyph: "▶", word: "Active", tone: "in_progress" },
  completed: { glyph: "✓", word: "Completed", tone: "completed" },
  failed: { glyph: "✕", word: "Failed", tone: "failed" },
  deleted: { glyph: "–", word: "Deleted", tone: "pending" },
};
const ORDER = Object.keys(STATUSES) as FeatureStatus[];

/** Features move by plan events; what they cost moves with requests. */
export const FRESH = {
  every_ms: 3000,
  after: (events: FeedEvent[]) => events.some((e) => ["plan", "api"].includes(e.event_category)),
};
export const FRESH_FILES = {
  every_ms: 3000,
  after: (events: FeedEvent[]) => events.some((e) => e.event_category === "plan"),
};

export function Status({ status }: { status: FeatureStatus }) {
  const { glyph, word } = STATUSES[status];
  return (
    <span class={`plan-status is-${status}`}>
      <span aria-hidden="true">{glyph}</span> {word}
    </span>
  );
}

export function State({ state }: { state: Plan["state"] }) {
  const { glyph, word, tone } = STATES[state];
  return (
    <span class={`plan-status is-${tone}`}>
      <span aria-hidden="true">{glyph}</span> {word}
    </span>
  );
}

/** `17 of 29 completed, 3 in progress, 1 failed` */
export function countsText({ features, counts }: Pick<Plan, "features" | "counts">): string {
  if (features === 0) return "no features yet";
  const rest = (["in_progress", "failed"] as const)
    .filter((status) => (counts[status] ?? 0) > 0)
    .map((status) => `${counts[status]} ${STATUSES[status].word.toLowerCase()}`);
  return [`${counts.completed ?? 0} of ${plural(features, "feature")} completed`, ...rest].join(", ");
}

export function Progress({ plan }: { plan: Pick<Plan, "features" | "counts"> }) {
  return (
    <span class="plan-progress" role="img" aria-label={countsText(plan)}>
      {ORDER.filter((status) => status !== "pending" && (plan.counts[status] ?? 0) > 0).map((status) => (
        <i
          key={status}
          class={`is-${status}`}
          style={{ width: `${((plan.counts[status] ?? 0) / plan.features) * 100}%` }}
        />
      ))}
    </span>
  );
}
