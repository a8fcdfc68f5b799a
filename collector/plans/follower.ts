import { basename } from "node:path";
import { type CaptureSettings, DEFAULT_CAPTURE } from "../../schema/capture-settings.ts";
import type { PlanSettings } from "../../schema/config.ts";
import type { CommitResult } from "../../store/committer.ts";
import { toStoreError } from "../../store/database.ts";
import type { Store } from "../../store/store.ts";
import type { Bus } from "../bus.ts";
import { isPassing } from "../commit.ts";
import type { Telemetry } from "../telemetry.ts";
import { createPlanTracker } from "./tracker.ts";

export type PlanFollowerOptions = {
  store: Store;
  bus: Bus;
  telemetry: Telemetry;
  settings: PlanSettings;
  /** How much of a plan's words is kept. */
  capture?: CaptureSettings;
  now?: () => number;
};

/** Stores what looks at plans have shown, and only then publishes it. */
export function createPlanFollower(options: PlanFollowerOptions) {
  const { store, bus, telemetry, settings, capture = DEFAULT_CAPTURE, now = Date.now } = options;
  const tracker = createPlanTracker({ store, settings, capture, now });
  let isTouched = false;

  /** False when nothing is due. A plan that the database refuses is passed over until it changes. */
  function pass(): boolean {
    if (isTouched) look();
    const before = store.lastSeq();
    const next = tracker.next();
    if (!next) return false;
    let result: CommitResult;
    try {
      result = next.store();
    } catch (cause) {
      const error = toStoreError(cause, "hall.db");
      if (isPassing(error) || next.path === undefined) throw cause;
      telemetry.raise(`plan ${next.path}`, {
        code: error.code,
        detail: `${basename(next.path)}: ${error.message}`,
      });
      next.drop();
      return true;
    }
    if (next.path !== undefined) telemetry.clear(`plan ${next.path}`);
    telemetry.counters.events_committed += result.events;
    telemetry.counters.rejects += result.rejects;
    if (result.seq > before) bus.publish("committed", { seq: result.seq });
    return true;
  }

  function look(): void {
    isTouched = false;
    tracker.look();
  }

  return {
    look,
    pass,
    watched: tracker.watched,
    /** A path that the watcher named: the plans are looked at with the next pass. */
    touch(path: string): boolean {
      if (!tracker.isOfPlan(path)) return false;
      isTouched = true;
      return true;
    },
    /** Everything that can be stored now. */
    drain(): void {
      look();
      while (pass());
    },
  };
}
