import type { Damage } from "./database-watch.ts";
import type { Service } from "./services.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** Exit code after a second signal during the stop. */
const FORCED_EXIT = 130;

/** Why and when this daemon ends: on request, or because of a damaged database. */
export function createEnding() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let damage: Damage | undefined;
  let isStopRequested = false;
  let signals = 0;

  function stop(): void {
    isStopRequested = true;
    resolve();
  }
  function onSignal(): void {
    if (++signals > 1) process.exit(FORCED_EXIT);
    stop();
  }
  return {
    stop,
    reached: promise,
    damage: () => damage,
    /** The database must be repaired, then the daemon restarts in this process. */
    repair(found: Damage): void {
      damage ??= found;
      resolve();
    },
    /** Result of the end with regard to the damage, such as a saved copy. */
    save(toSaved: (damage: Damage) => Damage): void {
      if (damage?.is_detached) damage = toSaved(damage);
    },
    /** The damage to repair, unless the end was requested. */
    outcome: (): "stopped" | Damage => (damage === undefined || isStopRequested ? "stopped" : damage),
    signals: {
      name: "signals",
      start(): void {
        for (const signal of SIGNALS) process.on(signal, onSignal);
      },
      stop(): void {
        for (const signal of SIGNALS) process.off(signal, onSignal);
      },
    } satisfies Service,
  };
}
export type Ending = ReturnType<typeof createEnding>;
