import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FEATURE_STATUSES, type FeatureStatus, ManifestLine } from "../../schema/plan.ts";
import { assertionsOf, type ManifestCall } from "../../store/plans/replay.ts";
import {
  applyObserved,
  noPlan,
  type PlanPlace,
  stateName,
  type Transition,
} from "../../store/plans/transitions.ts";

const feature = (id: string, status: FeatureStatus) => ManifestLine.parse({ id, status });
const manifest = (states: Record<string, FeatureStatus>) =>
  Object.entries(states).map(([id, s]) => feature(id, s));

function short(t: Transition): string {
  if (t.kind === "plan") return `${t.event_type} ${t.count}`;
  if (t.kind === "feature") return `${t.event_type} ${t.feature.id}`;
  const implied = t.kind === "started" && t.is_implied ? " implied" : "";
  return `${t.event_type ?? "reset"} ${t.feature.id} ${t.feature.attempt}${implied}`;
}
/** What each scan gives, one after the other. */
function scans(...all: (Record<string, FeatureStatus> | PlanPlace)[]): string[][] {
  const state = noPlan();
  let features = undefined as ReturnType<typeof manifest> | undefined;
  let place: PlanPlace = "active";
  return all.map((observed) => {
    if (typeof observed === "string") place = observed;
    else features = manifest(observed);
    return applyObserved(state, { place, features }).map(short);
  });
}

describe("F010", () => {
  test("F010.A1 a feature that changes to in_progress, completed or failed gives its event once", () => {
    expect(
      scans(
        { A: "pending" },
        { A: "in_progress" },
        { A: "in_progress" },
        { A: "failed" },
        { A: "failed" },
        { A: "in_progress" },
        { A: "completed" },
        { A: "completed" },
      ),
    ).toEqual([
      ["plan_created 0", "plan_optimized 1", "feature_created A"],
      ["orchestration_started 1", "feature_started A 1"],
      [],
      ["feature_failed A 1"],
      [],
      ["feature_started A 2"],
      ["feature_completed A 2", "orchestration_completed 1"],
      [],
    ]);
  });
  test("F010.A2 a plan that appears already under way gives the events that led there", () => {
    expect(scans({ A: "completed", B: "in_progress", C: "failed", D: "pending" })).toEqual([
      [
        "plan_created 0",
        "plan_optimized 1",
        "feature_created A",
        "feature_created B",
        "feature_created C",
        "feature_created D",
        "orchestration_started 1",
        "feature_started A 1 implied",
        "feature_completed A 1",
        "feature_started B 1",
        "feature_started C 1 implied",
        "feature_failed C 1",
      ],
    ]);
  });
  test("F010.A3 a feature that goes back to pending gives no start", () => {
    expect(
      scans(
        { A: "in_progress" },
        { A: "pending" },
        { A: "in_progress" },
        { A: "completed" },
        { A: "pending" },
      ).slice(1),
    ).toEqual([
      ["reset A 1"],
      ["feature_started A 2"],
      ["feature_completed A 2", "orchestration_completed 1"],
      [],
    ]);
  });
  test("F010.A4 a plan that moves to the completed folder ends its orchestration", () => {
    expect(scans({ A: "in_progress" }, "complete", "complete").slice(1)).toEqual([
      ["orchestration_completed 1"],
      [],
    ]);
    expect(scans("active", "complete")).toEqual([["plan_created 0"], ["orchestration_completed 1"]]);
    expect(scans({ A: "completed" }, "complete").slice(1)).toEqual([[]]);
  });
  test("F010 a state that was skipped is implied, also from one end to the other", () => {
    expect(scans({ A: "pending" }, { A: "completed" }, { A: "failed" }).slice(1)).toEqual([
      [
        "orchestration_started 1",
        "feature_started A 1 implied",
        "feature_completed A 1",
        "orchestration_completed 1",
      ],
      ["orchestration_started 2", "feature_started A 2 implied", "feature_failed A 2"],
    ]);
  });
  test("F010 features that are added make a further plan_optimized, and one that left and comes back none", () => {
    expect(
      scans(
        "active",
        { A: "pending" },
        { B: "pending" },
        { A: "pending", B: "pending" },
        { A: "pending", C: "pending" },
      ),
    ).toEqual([
      ["plan_created 0"],
      ["plan_optimized 1", "feature_created A"],
      ["plan_optimized 2", "feature_created B"],
      [],
      ["plan_optimized 3", "feature_created C"],
    ]);
  });
  test("F010 a plan that is over begins a new round with the next start, and a deleted folder gives nothing", () => {
    expect(scans({ A: "completed" }, { A: "in_progress" }, { A: "completed" }, "gone").slice(1)).toEqual([
      ["orchestration_started 2", "feature_started A 2"],
      ["feature_completed A 2", "orchestration_completed 2"],
      [],
    ]);
  });
  test("F010 the state of a plan", () => {
    const after = (states: Record<string, FeatureStatus>, place: PlanPlace) => {
      const state = noPlan();
      applyObserved(state, { place, features: manifest(states) });
      return stateName(state, place);
    };
    expect(after({ A: "pending" }, "active")).toBe("active");
    expect(after({ A: "completed" }, "active")).toBe("completed");
    expect(after({ A: "completed", B: "failed" }, "active")).toBe("failed");
    expect(after({ A: "in_progress", B: "failed" }, "active")).toBe("active");
    expect(after({ A: "in_progress", B: "failed" }, "complete")).toBe("failed");
    expect(after({ A: "pending" }, "complete")).toBe("completed");
    expect(after({}, "active")).toBe("active");
    expect(after({ A: "completed" }, "gone")).toBe("deleted");
  });

  test("F010 random histories: ids never repeat, every end has one start before it, and the same scan twice gives nothing", () => {
    const step = fc.record({
      place: fc.constantFrom<PlanPlace>("active", "complete", "top"),
      features: fc.option(
        fc.dictionary(fc.constantFrom("A", "B", "C"), fc.constantFrom(...FEATURE_STATUSES)),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const state = noPlan();
        const seen = new Set<string>();
        const open = new Map<string, number>();
        for (const { place, features } of steps) {
          const observed = { place, features: features && manifest(features) };
          for (const t of applyObserved(state, observed)) {
            const id = `${t.event_type} ${t.kind === "plan" ? t.count : `${t.feature.id} ${t.feature.attempt}`}`;
            if (t.event_type !== null) expect(seen.has(id)).toBe(false);
            seen.add(id);
            if (t.kind === "started") open.set(t.feature.id, t.feature.attempt);
            if (t.kind === "ended" || t.kind === "reset") {
              expect(open.get(t.feature.id)).toBe(t.feature.attempt);
              open.delete(t.feature.id);
            }
          }
          expect(applyObserved(state, observed)).toEqual([]);
        }
      }),
    );
  });
});

describe("what a tool call wrote", () => {
  const known = new Set(["F001", "F002"]);
  const of = (call: Partial<ManifestCall>) =>
    assertionsOf(
      {
        session_pk: 1,
        tool_name: "Edit",
        started_unix_ms: 0,
        ended_unix_ms: 1,
        summary: "",
        input: undefined,
        ...call,
      },
      known,
    );
  const line = (id: string, status: string) => JSON.stringify({ id, file: "x", status });

  test("F010 an Edit, a Write and a MultiEdit show whole lines", () => {
    expect(
      of({ input: { old_string: line("F001", "pending"), new_string: line("F001", "in_progress") } }),
    ).toEqual([{ id: "F001", status: "in_progress" }]);
    expect(
      of({ input: { content: `${line("F001", "completed")}\n${line("F002", "pending")}\n` } }),
    ).toHaveLength(2);
    expect(of({ input: { edits: [{ new_string: line("F002", "failed") }] } })).toEqual([
      { id: "F002", status: "failed" },
    ]);
    expect(of({ input: { new_string: '"status": "completed"' } })).toEqual([]);
  });
  test("F010 a command that names one feature and writes shows the last state it names", () => {
    const sed = `sed -i '/"F001"/s/"pending"/"in_progress"/' dev/active/shop/manifest.jsonl`;
    expect(of({ input: { command: sed } })).toEqual([{ id: "F001", status: "in_progress" }]);
    expect(of({ summary: sed })).toEqual([{ id: "F001", status: "in_progress" }]);
    expect(of({ input: { command: "grep F001 manifest.jsonl | grep completed" } })).toEqual([]);
    expect(of({ input: { command: `${sed} # before F002` } })).toEqual([]);
  });
});
