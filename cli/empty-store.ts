import type { DaemonStatus } from "../schema/status.ts";

/** The hint if nothing is recorded. A report loads this only then. */
export async function emptyHint(dataDir: string): Promise<string> {
  const { callRoute, findDaemon } = await import("./daemon-client.ts");
  const daemon = await findDaemon(dataDir);
  const answer = daemon && (await callRoute(daemon, "GET /api/status").catch(() => undefined));
  return answer ? readingHint(answer.data.backfill) : "nothing is recorded yet: run `hall-monitor backfill`";
}

export async function readingHint(backfill: DaemonStatus["backfill"]): Promise<string> {
  const { progress } = await import("./commands/status.ts");
  return backfill.done
    ? `nothing is recorded yet: the daemon's import of history is ${progress(backfill)}`
    : `the daemon is reading: ${progress(backfill)}`;
}
