import { effect } from "@preact/signals";
import { render } from "preact";
import { startClock } from "./clock.ts";
import { arrivals, startFeed } from "./feed.ts";
import { refreshLimits } from "./limits.ts";
import { Page } from "./page.tsx";
import { route, startRouting } from "./route.ts";
import { startSession } from "./session.ts";
import { refreshSessions, startSessions } from "./sessions.ts";
import { refreshSpend } from "./spend.ts";
import { status } from "./status.ts";

startRouting();
startClock();
startFeed();
startSessions();
startSession();
effect(() => {
  // Also with every answer of the status: midnight passes without an event.
  void arrivals.value;
  if (status.value === null) return;
  refreshSpend();
  refreshLimits();
  if (route.peek().page !== "session") refreshSessions();
});

render(<Page />, document.getElementById("page")!);
