import type { ViewerDeps } from "../deps.ts";
import type { Handlers } from "../handlers.ts";
import { createExposition } from "./exposition.ts";
import { createPollTimes } from "./poll-times.ts";

/** `GET /metrics`: made at the first scrape, as most daemons are never scraped and it takes 3 MB. */
export function prometheusHandlers(deps: ViewerDeps, streams: { count(): number }) {
  const polls = createPollTimes(deps.limits);
  let show: ReturnType<typeof createExposition> | undefined;
  return {
    "GET /metrics": async () => {
      show ??= createExposition(deps, streams, polls);
      return { content_type: "text/plain" as const, body: await show() };
    },
  } satisfies Partial<Handlers>;
}
