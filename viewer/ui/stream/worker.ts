import { openConnection } from "./connection.ts";
import { createHub } from "./hub.ts";
import type { ToHub } from "./messages.ts";

/** A SharedWorker: all tabs of one browser have this one, and with it one connection to the daemon. */
const hub = createHub(openConnection);

addEventListener("connect", (event) => {
  const port = (event as MessageEvent).ports[0]!;
  port.onmessage = ({ data }: MessageEvent<ToHub>) => {
    hub.take(port, data);
    // A port does not report the end of its tab; its lock is released then.
    if (data.kind === "follow" && data.lock) void navigator.locks.request(data.lock, () => hub.leave(port));
  };
});
