import { messageOf } from "../schema/errors.ts";

type Begin = () => void | Promise<void>;
type Stop = () => void | Promise<void>;

/** A part of the daemon that runs from its start to its stop. */
export type Service = {
  name: string;
  start?: Begin | undefined;
  /** Also called if `start` failed halfway. */
  stop?: Stop | undefined;
  /** Timeout of its stop. */
  stop_ms?: number;
};

const STOP_MS = 1000;

/** A service from a function that starts it and returns its stop. */
export function service(name: string, begin: () => Stop): Service {
  let stop: Stop | undefined;
  return {
    name,
    start(): void {
      stop = begin();
    },
    stop: () => stop?.(),
  };
}

/**
 * Starts the services in order, waits, and stops those that were started in the reverse order. One that fails to stop,
 * or takes too long, is reported and does not delay others. Throws what a start throws, once the others have stopped.
 */
export async function runServices(
  services: readonly Service[],
  until: Promise<void>,
  report: (detail: string) => void,
): Promise<void> {
  const started: Service[] = [];
  try {
    for (const one of services) {
      started.unshift(one);
      await one.start?.();
    }
    await until;
  } finally {
    for (const one of started) await stopInTime(one, report);
  }
}

async function stopInTime({ name, stop, stop_ms = STOP_MS }: Service, report: (detail: string) => void) {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  const timer = setTimeout(resolve, stop_ms, "late");
  try {
    const end = await Promise.race([(async () => stop?.())(), late]);
    if (end === "late") report(`${name} did not stop within ${stop_ms} ms`);
  } catch (error) {
    report(`${name} did not stop: ${messageOf(error)}`);
  } finally {
    clearTimeout(timer);
  }
}
