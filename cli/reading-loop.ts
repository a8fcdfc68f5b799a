import { type Beat, REST_MS } from "../collector/beat.ts";
import { createWatcher, type Watcher } from "../collector/watch.ts";
import type { Config } from "../schema/config.ts";
import type { SourceName } from "../schema/events.ts";
import { archiveKeeper, toProblemEntry } from "./archive-keeper.ts";
import type { Pipeline } from "./pipeline.ts";
import { createRest, REST_SCANS } from "./rest.ts";

const SPOOL_POLL_MS = 200;
const RETRY_MS = 1000;
/** Work that waits for a while, as what was put off, is polled at each check for so long after any. */
const AFTERMATH_MS = 5000;
/** Later only so often, as all of it costs a hundred times what a check of the spool does. */
const PAUSE_MS = 2000;

/** Reads whatever is due, one transaction at a time, and lets requests be answered in between. */
export function createReadingLoop(config: Config, pipeline: Pipeline, beat: Beat) {
  const { collector, bus } = pipeline;
  const { telemetry } = collector;
  const archiver = archiveKeeper(pipeline);
  const alarm = createAlarm(collector.pollSpool, beat, Math.min(SPOOL_POLL_MS, config.scan_interval_ms));
  const folders = followFolders(pipeline, alarm.ring);
  const round = createRound(pipeline, { config, archiver, alarm, folders, beat });
  // What other parts of the daemon store is archived and settled as soon as what was read.
  for (const topic of ["committed", "observed"] as const) bus.subscribe(topic, alarm.ring);
  let running = true;
  let done: Promise<void> | undefined;

  /** What a disk or a lock refuses is reported and tried again: a daemon that dies records nothing more. */
  async function run(): Promise<void> {
    while (running)
      try {
        await round();
        telemetry.clear("loop");
      } catch (cause) {
        telemetry.raise("loop", toProblemEntry(cause, "hall.db"));
        await Bun.sleep(RETRY_MS);
      }
  }
  return {
    watcher: folders.watcher,
    start(): void {
      done ??= run();
    },
    reindex(sources: SourceName[]): number {
      const files = collector.reindex(sources);
      alarm.ring();
      return files;
    },
    /** `isWhole`: rows of a damaged database do not go into the archive. */
    async stop(isWhole: boolean): Promise<void> {
      running = false;
      bus.stop();
      alarm.ring();
      await done;
      alarm.stop();
      await folders.watcher()?.close();
      if (!isWhole) return;
      // What the stored rows imply is a part of them: the archive is to have it, too.
      bus.settle(true);
      archiver.finish();
    },
  };
}

type RoundParts = {
  config: Config;
  archiver: ReturnType<typeof archiveKeeper>;
  alarm: ReturnType<typeof createAlarm>;
  folders: ReturnType<typeof followFolders>;
  beat: Beat;
};

/** One pass over what is due, and a sleep where that was nothing. */
function createRound({ collector, plans }: Pipeline, { config, archiver, alarm, folders, beat }: RoundParts) {
  const now = () => performance.now();
  let scannedAt = Number.NEGATIVE_INFINITY;
  const {
    isAtRest,
    worked: endRest,
    idle_ms,
  } = createRest({
    foundByScan: collector.foundByScan,
    isReported: () => folders.watcher()?.mode() === "events",
    now,
  });

  const nextScan = () => scannedAt + config.scan_interval_ms * (isAtRest() ? REST_SCANS : 1);

  beat.restWhile(isAtRest);

  function pause_ms(): number {
    // What waits for a while has waited: only the scan is left.
    if (isAtRest()) return Number.POSITIVE_INFINITY;
    return idle_ms() < AFTERMATH_MS ? 0 : PAUSE_MS;
  }

  return async (): Promise<void> => {
    if (now() >= nextScan()) {
      folders.compare();
      scannedAt = now();
    }
    // What wrote a plan is read before the plan.
    const worked = (await collector.pass()) || plans.pass() || (await collector.passTexts());
    await new Promise((resolve) => setImmediate(resolve));
    const archived = archiver.appendWhenDue(worked);
    if (worked || archived) {
      endRest();
      beat.rouse();
    } else await alarm.sleep(Math.min(nextScan(), now() + pause_ms()));
  };
}

/** Finds what changed: by comparing the folders, and as soon as the system reports it. */
function followFolders({ collector, plans, folders }: Pipeline, onChange: () => void) {
  let watcher: Watcher | undefined;
  return {
    watcher: () => watcher,
    compare(): void {
      collector.scan();
      plans.scanPlans();
      const followed = [...folders, ...plans.watched()];
      if (watcher) watcher.follow(followed);
      watcher ??= createWatcher(
        followed,
        (path) => (collector.touch(path) || plans.touch(path)) && onChange(),
        (code) =>
          collector.telemetry.raise("watch", {
            code: "unwatched",
            detail: `the system cannot watch more files (${code})`,
          }),
      );
    },
  };
}

/**
 * A sleep that ends early when it rings, also when that was shortly before it began, and when something is in the
 * spool: that is checked all the while, since hooks do not wait for a notification.
 */
function createAlarm(isDue: () => boolean, beat: Beat, every_ms: number) {
  let isRung = false;
  let sleeper: { until: number; wake(): void } | undefined;

  function ring(): void {
    isRung = true;
    sleeper?.wake();
  }
  const stop = beat.every({
    every_ms,
    // The system's own report comes first.
    rest_ms: REST_MS,
    run() {
      if (sleeper && (isDue() || performance.now() >= sleeper.until)) ring();
    },
  });
  return {
    ring,
    stop,
    /** Until that time of `performance.now()`. */
    async sleep(until: number): Promise<void> {
      if (!isRung && !isDue())
        await new Promise<void>((wake) => {
          sleeper = { until, wake };
        });
      sleeper = undefined;
      isRung = false;
    },
  };
}
