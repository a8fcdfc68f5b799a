import type { Channel, Receive } from "../live.ts";
import { openConnection } from "./connection.ts";
import { createHub } from "./hub.ts";
import type { FromHub, ToHub } from "./messages.ts";

/** Without shared workers: a hidden tab closes its stream, and resumes after its last event. */
export function ownStream(position: () => number, receive: Receive): Channel {
  const hub = createHub(openConnection);
  const port = { postMessage: (message: FromHub) => queueMicrotask(() => receive(message)) };
  const send = (message: ToHub) => hub.take(port, message);
  const followVisibility = () =>
    send(document.hidden ? { kind: "leave" } : { kind: "follow", after: position() });
  document.addEventListener("visibilitychange", followVisibility);
  followVisibility();
  return {
    send,
    close() {
      document.removeEventListener("visibilitychange", followVisibility);
      hub.leave(port);
    },
  };
}
