import type { ComponentChildren } from "preact";
import type { CacheSums } from "../../../schema/api-cache.ts";
import type { Costs, Session } from "../../../schema/api-shapes.ts";
import { toPercent } from "../../../schema/figures.ts";
import { pagePath } from "../../../schema/pages.ts";
import { uncertainNotes } from "../../../schema/uncertain.ts";
import { cacheOf, sameTime, twoWeeks } from "../../first-requests.ts";
import { agentsOf } from "../agents.ts";
import { reasonWords } from "../cache-reasons.ts";
import { now } from "../clock.ts";
import {
  clock,
  dayBefore,
  exact,
  exactMoney,
  money,
  percent,
  shortDate,
  tokens,
  weekday,
} from "../format.ts";
import { outlook } from "../limits-labels.ts";
import { alerts, tightest } from "../limits-state.ts";
import { behind } from "../route.ts";
import { linkTo } from "../shell/rail.tsx";
import { Exact } from "../shell/tip.tsx";
import { rowsOf, sevenDays, sumOf, today } from "../spend.ts";
import { zone } from "../status.ts";
import { afterUsage, useResource } from "../use-resource.ts";
import { windowName } from "./limit-bars.tsx";

export function Figures({ day, costs }: { day: string; costs: Costs }) {
  return (
    <section class="strip" aria-label="At a glance" data-roving>
      <Agents />
      <Spent day={day} costs={costs} />
      <SevenDays day={day} />
      <Cache day={day} rows={rowsOf(costs, day, zone.value)} />
      <Tightest />
    </section>
  );
}

function Figure(props: {
  label: string;
  value: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  return (
    <div class={`figure ${props.class ?? ""}`} data-figure={props.label}>
      <span class="label">{props.label}</span>
      <span class="value">{props.value}</span>
      <span class="note facts">{props.children}</span>
    </div>
  );
}

function Agents() {
  const all = agentsOf(behind.value.query.source);
  const count = (state: Session["activity"]["state"]) => all.filter((s) => s.activity.state === state).length;
  const [wait, work, silent, end] = [count("waiting"), count("working"), count("unknown"), count("done")];
  const value =
    wait > 0
      ? `${wait} ${wait === 1 ? "waits" : "wait"} for you`
      : work > 0
        ? `${work} working`
        : "None working";
  return (
    <Figure label="Agents" value={value} class={wait > 0 ? "is-waiting" : work > 0 ? "is-working" : ""}>
      {wait > 0 && <span>{work} working</span>}
      {silent > 0 && <span>{silent} silent</span>}
      <span>{end > 0 ? `${end} done recently` : "none finished recently"}</span>
    </Figure>
  );
}

function Spent({ day, costs }: { day: string; costs: Costs }) {
  const rows = rowsOf(costs, day, zone.value);
  const cost = sumOf(rows);
  const isToday = day === today.value;
  const sum = (of: (row: Costs["rows"][number]) => number) => rows.reduce((all, row) => all + of(row), 0);
  const unpriced = sum((r) => r.coverage.unpriced_tokens);
  const notes = uncertainNotes({
    provisional_requests: sum((r) => r.coverage.provisional_requests),
    implausible_requests: sum((r) => r.coverage.implausible_requests),
    inferred_id_requests: sum((r) => r.coverage.inferred_id_requests),
  });
  const label = isToday ? "Today" : `${weekday(day)} ${shortDate(day)}`;
  return (
    <Figure label={label} value={<Exact tip={exactMoney(cost)}>{money(cost)}</Exact>}>
      <Change day={day} costs={costs} cost={cost} />
      {isToday && <Budget cost={cost} />}
      {unpriced > 0 && <span class="warn">+ {tokens(unpriced)} tokens unpriced</span>}
      {notes.length > 0 && <Exact tip={notes.join("; ")}>some uncertain</Exact>}
    </Figure>
  );
}

/** Compared with the day before: for today until the same quarter of an hour, for a past day the whole day. */
function Change({ day, costs, cost }: { day: string; costs: Costs; cost: number | null }) {
  const before = dayBefore(day, 1);
  const { source = "" } = behind.value.query;
  const moment = { day, time_zone: zone.value, now_unix_ms: now.value, source: source as "" };
  const same_time = sameTime(costs, moment);
  if (!same_time) return null;
  if (day === today.value) return <SameTime request={same_time} before={before} cost={cost} />;
  const was = sumOf(rowsOf(costs, before, zone.value));
  return <Compared cost={cost} was={was} to={weekday(before)} tip={`${money(was)} on ${before}`} />;
}

type SameTimeRequest = NonNullable<ReturnType<typeof sameTime>>;

function SameTime({
  request,
  before,
  cost,
}: {
  request: SameTimeRequest;
  before: string;
  cost: number | null;
}) {
  const { data } = useResource("GET /api/costs", request);
  if (!data) return null;
  const was = data.total.requests === 0 ? 0 : data.total.cost_nano_usd;
  const time = clock(request.query.end_time, zone.value).slice(0, 5);
  const tip = `${money(was)} on ${before} until ${time}`;
  return <Compared cost={cost} was={was} to={`${weekday(before)} at this time`} tip={tip} />;
}

/** A large multiple of a small amount is meaningless: above this the previous amount is shown. */
const MOST_TIMES = 10;

function Compared(props: { cost: number | null; was: number | null; to: string; tip: string }) {
  const { cost, was, to, tip } = props;
  if (cost === null || was === null) return null;
  if (was === 0) return <span>nothing spent {to}</span>;
  if (cost / was > MOST_TIMES) return <Exact tip={tip}>up from {money(was)}</Exact>;
  return (
    <Exact tip={tip}>
      <Arrow change={cost / was - 1} /> vs. {to}
    </Exact>
  );
}

function Arrow({ change }: { change: number }) {
  const size = `${Math.round(Math.abs(change) * 100)} %`;
  return (
    <b
      class={change > 0.005 ? "is-up" : ""}
    >{`${change > 0.005 ? "▲" : change < -0.005 ? "▼" : "="} ${size}`}</b>
  );
}

/** Used share of the day's budget; of several the one that is used most. */
function Budget({ cost }: { cost: number | null }) {
  const { source = "" } = behind.value.query;
  const caps = (alerts.value?.budgets ?? []).filter((b) => b.scope === "day" && (b.source ?? "") === source);
  const limit_usd = Math.min(...caps.map((b) => b.limit_usd));
  if (cost === null || caps.length === 0) return null;
  const share = Math.floor(cost / (limit_usd * 10_000_000));
  const tip = `${money(cost)} of ${money(limit_usd * 1_000_000_000)} for a day`;
  return (
    <Exact tip={tip} class={share >= 100 ? "bad" : share >= 80 ? "warn" : ""}>
      {share} % of budget
    </Exact>
  );
}

/** The same days as on Costs; for a past day those that end with it. */
function SevenDays({ day }: { day: string }) {
  const { source = "" } = behind.value.query;
  const request = twoWeeks({ day, time_zone: zone.value, source: source as "" });
  const { data } = useResource("GET /api/aggregations", request, { every_ms: 15_000, after: afterUsage });
  const { cost, was } = sevenDays(data?.rows ?? [], day);
  const isToday = day === today.value;
  const days = isToday ? { range: "7d" } : { from: dayBefore(day, 6), to: day };
  return (
    <Figure
      label={isToday ? "7 days" : `7 days to ${shortDate(day)}`}
      value={data ? <Exact tip={exactMoney(cost)}>{money(cost)}</Exact> : "\u00a0"}
    >
      {data &&
        (cost === null || !was ? (
          <a href={pagePath("costs", {}, { ...days, source })}>where it went</a>
        ) : (
          <Compared cost={cost} was={was} to="7 days before" tip={`${money(was)} in the seven days before`} />
        ))}
    </Figure>
  );
}

function Cache({ day, rows }: { day: string; rows: Costs["rows"] }) {
  const { source = "" } = behind.value.query;
  const request = cacheOf({ day, time_zone: zone.value, source: source as "" });
  const { data } = useResource("GET /api/cache", request, { every_ms: 15_000, after: afterUsage });
  const read = rows.reduce((sum, row) => sum + row.cache_read_input_tokens, 0);
  const input = rows.reduce((sum, row) => sum + row.input_tokens, 0);
  return (
    <Figure
      label="From cache"
      value={<Exact tip={`${exact(read)} of ${exact(input)} input tokens`}>{percent(read, input)}</Exact>}
    >
      {data && <CacheMoney of={data.total} day={day} />}
    </Figure>
  );
}

function CacheMoney({ of, day }: { of: CacheSums; day: string }) {
  const { saved_nano_usd, write_nano_usd, lost_nano_usd, misses, reasons } = of;
  const days = day === today.value ? { range: "today" } : { from: day, to: day };
  const why = reasons.map((r) => `${reasonWords(r.reason)}: ${money(r.lost_nano_usd)}`).join("\n");
  return (
    <>
      <Exact tip={`${money(saved_nano_usd)} less for reads, ${money(write_nano_usd)} more for writes`}>
        saved {money(saved_nano_usd)}
      </Exact>
      <a
        href={pagePath("costs", {}, { ...days, tab: "cache", source: behind.value.query.source ?? "" })}
        data-tip={misses === 0 ? "No cache misses" : why}
        class={lost_nano_usd > 0 ? "warn" : ""}
      >
        lost {money(lost_nano_usd)}
        {misses > 0 && ` (${exact(misses)} ${misses === 1 ? "miss" : "misses"})`}
      </a>
    </>
  );
}

function Tightest() {
  const limit = tightest.value;
  if (!limit)
    return (
      <Figure label="Tightest limit" value="–">
        <a href={pagePath("limits", {})}>none reported</a>
      </Figure>
    );
  const course = outlook(limit, now.value, zone.value);
  return (
    <Figure label="Tightest limit" value={toPercent(limit.used_percent ?? 0)}>
      <span>
        <a href={linkTo("limits")}>{windowName(limit)}</a>
      </span>
      {course && <span class={course.startsWith("runs out") ? "bad" : ""}>{course}</span>}
    </Figure>
  );
}
