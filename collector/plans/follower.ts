import { basename } from "node:path";
import { type CaptureSettings, DEFAULT_CAPTURE } from "../../schema/capture-settings.ts";
import type { PlanSettings } from "../../schema/config.ts";
import type { CommitResult } from "../../store/committer.ts";
import { toStoreError } from "../../store/database.ts";
import type { Store } from "../../store/store.ts";
import type { Bus } from "../bus.ts";
import { isPassing } from "../commit.ts";
import type { Telemetry } from "../telemetry.ts";
import { createPlanTracker, type PlanWork } from "./tracker.ts";

export type PlanFollowerOptions = {
  store: Store;
  bus: Bus;
  telemetry: Telemetry;
  settings: PlanSettings;
  /** How much of the text of a plan is stored. */
  capture?: CaptureSettings;
  now?: () => number;
};

/** Stores what scans of plans found, and only then publishes it. */
export function createPlanFollower(options: PlanFollowerOptions) {
  const { store, bus, telemetry, settings, capture = DEFAULT_CAPTURE, now = Date.now } = options;
  const tracker = createPlanTracker({ store, settings, capture, now });
  let isTouched = false;

  /** False when nothing is due. A plan that the database rejects is skipped until it changes. */
  function pass(): boolean {
    if (isTouched) scanPlans();
    const before = store.lastSeq();
    const next = tracker.next();
    if (!next) return false;
    const result = storeOrDrop(next, telemetry);
    if (!result) return true;
    telemetry.counters.events_committed += result.events;
    telemetry.counters.rejects += result.rejects;
    if (result.seq > before) bus.publish("committed", { seq: result.seq });
    return true;
  }

  function scanPlans(): void {
    isTouched = false;
    tracker.scanPlans();
  }

  return {
    scanPlans,
    pass,
    watched: tracker.watched,
    /** A path that the watcher named: the next pass scans the plans. */
    touch(path: string): boolean {
      if (!tracker.isOfPlan(path)) return false;
      isTouched = true;
      return true;
    },
    /** Everything that can be stored now. */
    drain(): void {
      scanPlans();
      while (pass());
    },
  };
}

/** Undefined if the database rejects this plan permanently. */
function storeOrDrop(work: PlanWork, telemetry: Telemetry): CommitResult | undefined {
  const { path } = work;
  try {
    const result = work.store();
    if (path !== undefined) telemetry.clear(`plan ${path}`);
    return result;
  } catch (cause) {
    const error = toStoreError(cause, "hall.db");
    if (isPassing(error) || path === undefined) throw cause;
    telemetry.raise(`plan ${path}`, { code: error.code, detail: `${basename(path)}: ${error.message}` });
    work.drop();
    return undefined;
  }
}
