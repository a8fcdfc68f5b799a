import { AppError } from "../schema/errors.ts";
import { type DaemonFile, findDaemon, openRoute } from "./daemon-client.ts";
import { messages } from "./server-sent.ts";

/** Requests are sent at most this often, however many events there are; ages are computed locally. */
const POLL_MS = 1000;
const AGAIN_MS = 1000;

type Following<Data> = {
  load(daemon: DaemonFile): Promise<Data>;
  data(next: Data): void;
  lost(): void;
};

/** Requests data after stream messages, at most once a second, and reconnects when the daemon restarts. */
export async function follow<Data>(
  dataDir: string,
  first: DaemonFile,
  signal: AbortSignal,
  on: Following<Data>,
): Promise<void> {
  let daemon: DaemonFile | undefined = first;
  while (!signal.aborted) {
    try {
      if (daemon) await followOne(daemon, signal, on);
    } catch (error) {
      if (error instanceof AppError && error.code !== "not_running") throw error;
    }
    if (signal.aborted) return;
    on.lost();
    await Bun.sleep(AGAIN_MS);
    daemon = await findDaemon(dataDir);
  }
}

async function followOne<Data>(daemon: DaemonFile, signal: AbortSignal, on: Following<Data>): Promise<void> {
  let isDue = true;
  let isOver = false;
  const loading = (async () => {
    while (!isOver && !signal.aborted) {
      if (isDue) {
        isDue = false;
        on.data(await on.load(daemon));
      }
      await Bun.sleep(POLL_MS);
    }
  })();
  const listening = (async () => {
    const answer = await openRoute(daemon, "GET /events", {}, { signal });
    for await (const { event } of messages(answer)) if (event !== "heartbeat") isDue = true;
  })();
  try {
    await Promise.race([loading, listening]);
  } finally {
    isOver = true;
    await Promise.allSettled([loading]);
  }
}
