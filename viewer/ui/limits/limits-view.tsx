import type { LimitSource, Limits, LimitWindow } from "../../../schema/api-limits.ts";
import { LIMIT_STEPS } from "../../../schema/vendor-texts.ts";
import { now } from "../clock.ts";
import { ago, dayAndTime, plural } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { keyOf, limits, windows } from "../limits-state.ts";
import { Empty, Notice, Prose, Skeleton } from "../notice.tsx";
import { LimitBar, unreportedNames, windowName } from "../now/limit-bars.tsx";
import { range } from "../range.ts";
import { behind, setQuery } from "../route.ts";
import { zone } from "../status.ts";
import { Attribution } from "./attribution.tsx";
import { BurnUp } from "./burn-up.tsx";
import { HoursTable, OverDays } from "./over-days.tsx";
import { PastWindows } from "./past-windows.tsx";
import { Samples } from "./samples.tsx";

/** Few accounts have credits. */
const CreditsOverTime = lazy(async () => (await import("./credit-history.tsx")).CreditsOverTime);

/** Every known window; the chosen one with its curve, its samples and past windows. */
export function LimitsView() {
  const { data, fault } = limits.value;
  const { account = "", window: asked } = behind.value.query;
  const all = windows.value.filter((w) => account === "" || w.account === account);
  const chosen = all.find((w) => keyOf(w) === asked) ?? all[0];
  return (
    <div class="limits-view">
      <div class="view-head">
        <h1>Limits</h1>
        <Accounts />
      </div>
      {!data && fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={8} />}
      {data && all.length === 0 && (windows.value.length > 0 ? <NoneOf account={account} /> : <NoLimits />)}
      {data && (
        <div class="limits-columns">
          <div class="limits-side">
            <section class="card limits-windows" aria-labelledby="windows-title">
              <h2 id="windows-title">Windows</h2>
              <ul>
                {all.map((w) => (
                  <LimitBar key={keyOf(w)} window={w} />
                ))}
              </ul>
              {unreportedNames.value !== "" && <p class="faint">Not reported: {unreportedNames}</p>}
              <Credits credits={data.credits} />
            </section>
            {data.credits.length > 0 && <CreditsOverTime />}
            {chosen && <Attribution key={keyOf(chosen)} window={chosen} />}
            {data.sources.length > 0 && <Sources sources={data.sources} />}
          </div>
          {chosen && <Chosen key={keyOf(chosen)} window={chosen} all={all} />}
        </div>
      )}
    </div>
  );
}

/** Choice of account; hidden if there is only one. */
function Accounts() {
  const { account = "" } = behind.value.query;
  const names = [...new Set(windows.value.map((w) => w.account))].sort();
  if (names.length < 2 && account === "") return null;
  return (
    <select
      aria-label="Account"
      value={account}
      onChange={(e) => setQuery({ account: e.currentTarget.value, window: "" })}
    >
      <option value="">All accounts</option>
      {[...new Set([...names, ...(account === "" ? [] : [account])])].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function NoneOf({ account }: { account: string }) {
  return (
    <Empty title={`No limit of the account ${account}`}>
      <button type="button" class="quiet" onClick={() => setQuery({ account: "" })}>
        Show all accounts
      </button>
    </Empty>
  );
}

function NoLimits() {
  return (
    <Empty title="No rate-limit samples yet">
      <p>
        <Prose text={`${LIMIT_STEPS} No key or cookie is needed.`} />
      </p>
    </Empty>
  );
}

function Chosen({ window: w, all }: { window: LimitWindow; all: LimitWindow[] }) {
  const isCurrent = range.value.name === "all";
  return (
    <div class="limits-side">
      <section class="card limits-course" aria-labelledby="course-title">
        <h2 id="course-title">
          Window over time
          <select
            aria-label="Window"
            value={keyOf(w)}
            onChange={(e) => setQuery({ window: e.currentTarget.value })}
          >
            {all.map((one) => (
              <option key={keyOf(one)} value={keyOf(one)}>
                {windowName(one)}
              </option>
            ))}
          </select>
        </h2>
        {isCurrent ? <BurnUp window={w} /> : <OverDays window={w} />}
      </section>
      <PastWindows window={w} isCurrent={isCurrent} />
      {isCurrent ? <Samples window={w} /> : <HoursTable window={w} />}
    </div>
  );
}

function Credits({ credits }: { credits: Limits["credits"] }) {
  const known = credits.filter((c) => c.is_unlimited || c.has_credits || (c.balance ?? 0) > 0);
  return (
    <>
      {known.map((c) => (
        <p key={`${c.source}:${c.account}:${c.limit_id}`} data-credits>
          Credits{c.account !== "default" && ` of ${c.account}`}
          {c.limit_id !== c.source && ` for ${c.limit_id}`}:{" "}
          <b>{c.is_unlimited ? "unlimited" : (c.balance ?? "not reported")}</b>
          {" · "}
          <span class="faint" data-tip={dayAndTime(c.time_unix_ms, zone.value)}>
            {ago(c.time_unix_ms, now.value)}
          </span>
        </p>
      ))}
    </>
  );
}

function Sources({ sources }: { sources: LimitSource[] }) {
  const failing = sources.filter((s) => s.consecutive_failures > 0).length;
  return (
    <section class="card" aria-labelledby="polled-title">
      <h2 id="polled-title">
        {plural(sources.length, "source")} polled{failing > 0 && `, ${failing} failing`}
      </h2>
      <ul class="limit-sources">
        {sources.map((s) => (
          <li key={s.name}>
            <bdi class="mono">{s.name}</bdi>
            <span>
              {s.success_ratio === null
                ? "not polled yet"
                : `${Math.floor(s.success_ratio * 100)} % successful`}
            </span>
            <span>
              {s.last_success_unix_ms === null
                ? "no sample yet"
                : `sampled ${ago(s.last_success_unix_ms, now.value)}`}
            </span>
            <span class={s.consecutive_failures > 0 ? "bad" : "faint"}>
              {s.last_failure_class === null
                ? "no failure"
                : `${s.consecutive_failures > 0 ? "failing" : "failed earlier"}: ${s.last_failure_class.replaceAll("_", " ")}`}
            </span>
          </li>
        ))}
      </ul>
      <p class="faint">
        <Prose text="`hall-monitor doctor` checks each of them." />
      </p>
    </section>
  );
}
