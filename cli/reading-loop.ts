import { createWatcher, type Watcher } from "../collector/watch.ts";
import type { Config } from "../schema/config.ts";
import type { SourceName } from "../schema/events.ts";
import { archiveKeeper, toProblemEntry } from "./archive-keeper.ts";
import type { Pipeline } from "./pipeline.ts";

const SPOOL_POLL_MS = 200;
const RETRY_MS = 1000;

/** Reads whatever is due, one transaction at a time, and lets requests be answered in between. */
export function createReadingLoop(config: Config, pipeline: Pipeline) {
  const { collector, bus } = pipeline;
  const { telemetry } = collector;
  const archiver = archiveKeeper(pipeline);
  const alarm = createAlarm();
  const folders = followFolders(pipeline, alarm.ring);
  const round = createRound(pipeline, { config, archiver, alarm, folders });
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
};

/** One pass over what is due, and a sleep where that was nothing. */
function createRound({ collector, plans }: Pipeline, { config, archiver, alarm, folders }: RoundParts) {
  let nextScan = 0;
  return async (): Promise<void> => {
    if (Date.now() >= nextScan) {
      folders.compare();
      nextScan = Date.now() + config.scan_interval_ms;
    }
    // What wrote a plan is read before the plan.
    const worked = (await collector.pass()) || plans.pass() || (await collector.passTexts());
    await new Promise((resolve) => setImmediate(resolve));
    const archived = archiver.keep(worked);
    if (worked || archived) return;
    await alarm.sleep(Math.min(SPOOL_POLL_MS, nextScan - Date.now()));
    collector.pollSpool();
  };
}

/** Finds what changed: by comparing the folders, and as soon as the system reports it. */
function followFolders({ collector, plans, folders }: Pipeline, onChange: () => void) {
  let watcher: Watcher | undefined;
  return {
    watcher: () => watcher,
    compare(): void {
      collector.scan();
      plans.look();
      const followed = [...folders, ...plans.watched()];
      if (watcher) watcher.follow(followed);
      watcher ??= createWatcher(
        followed,
        (path) => (collector.touch(path) || plans.touch(path)) && onChange(),
        (code) =>
          collector.telemetry.raise("watch", {
            code,
            detail: `the system cannot watch more files (${code})`,
            hint: "files are found by scanning instead",
          }),
      );
    },
  };
}

/** A sleep that ends early when it rings. */
function createAlarm() {
  let wake: () => void = () => {};
  return {
    ring: (): void => wake(),
    sleep: (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, Math.max(1, ms));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}
