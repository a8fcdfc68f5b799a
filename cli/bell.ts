import type { Session } from "../schema/api-shapes.ts";

const BEL = "\x07";

/** Rings if one of these sessions has waited long enough, once per wait. */
export type Bell = (sessions: readonly Session[], now: number) => void;

/** `after_seconds` undefined: never. A pipe gets no bell. */
export function createBell(
  after_seconds: number | undefined,
  write: (text: string) => void = (text) => void (process.stdout.isTTY && process.stdout.write(text)),
): Bell {
  let rung = new Set<string>();
  return (sessions, now) => {
    if (after_seconds === undefined) return;
    const long = sessions.filter(
      ({ activity: { state, since_unix_ms } }) =>
        state === "waiting" && since_unix_ms !== null && now - since_unix_ms >= after_seconds * 1000,
    );
    const waits = new Set(long.map((s) => `${s.source}:${s.session_id} ${s.activity.since_unix_ms}`));
    if ([...waits].some((wait) => !rung.has(wait))) write(BEL);
    rung = waits;
  };
}
