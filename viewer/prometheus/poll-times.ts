import { MAX_ACCOUNTS, type MetricName } from "../../schema/metrics.ts";
import { isMonitored } from "../../schema/vendors.ts";
import type { ViewerDeps } from "../deps.ts";
import { boundedLabels } from "./labels.ts";
import type { Exposition } from "./registry.ts";

const BUCKETS_S = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30];

/** Durations of polls, each counted when it ends: scrapes have a different rate, and the first may come late. */
export function createPollTimes(limits: ViewerDeps["limits"]) {
  const account = boundedLabels(MAX_ACCOUNTS);
  const times = new Map<
    string,
    { name: MetricName; account: string; seconds: ReturnType<typeof histogram> }
  >();
  limits?.onProbe?.((poll) => {
    if (!isMonitored(poll.source)) return;
    const name = `${poll.source}_monitor_poll_duration_seconds` as const;
    const of = { name, account: account(poll.account) };
    const key = `${name} ${of.account}`;
    const known = times.get(key) ?? { ...of, seconds: histogram() };
    times.set(key, known);
    known.seconds.add(poll.duration_ms / 1000);
  });
  return {
    /** The bounded label of an account. */
    account,
    show(out: Exposition): void {
      for (const { name, account, seconds } of times.values()) out.copy(name, account, seconds.read());
    },
  };
}
export type PollTimes = ReturnType<typeof createPollTimes>;

/** Each bucket contains those below it, as the format has them. */
function histogram() {
  const buckets = BUCKETS_S.map((le) => ({ le, count: 0 }));
  let count = 0;
  let sum = 0;
  return {
    add(seconds: number): void {
      count++;
      sum += seconds;
      for (const bucket of buckets) if (seconds <= bucket.le) bucket.count++;
    },
    read: () => ({ buckets, count, sum }),
  };
}
