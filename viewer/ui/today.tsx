import { uncertainNotes } from "../../schema/uncertain.ts";
import { pricedPercent } from "../../schema/usage.ts";
import { exact, exactMoney, money, percent, plural, tokens } from "./format.ts";
import { Notice } from "./notice.tsx";
import { type Day, reconciled, week } from "./spend.ts";
import { WeekChart } from "./week-chart.tsx";

export function Today() {
  const { data, fault } = week.value;
  const today = data?.days.at(-1);
  return (
    <section class="today" aria-labelledby="today-title">
      <h1 id="today-title" class="hidden">
        Today
      </h1>
      {fault && <Notice fault={fault} />}
      <div class="today-figures">
        <Figure
          className="is-main"
          label="Today"
          value={today ? money(today.cost_nano_usd) : ""}
          title={today ? exactMoney(today.cost_nano_usd) : ""}
          note={today ? <Coverage day={today} /> : ""}
        />
        <Figure
          label="Tokens"
          value={today ? tokens(today.total_tokens) : ""}
          title={today ? exact(today.total_tokens) : ""}
          note={today ? `${tokens(today.input_tokens)} in · ${tokens(today.output_tokens)} out` : ""}
        />
        <Figure
          label="From cache"
          value={today ? percent(today.cache_read_input_tokens, today.input_tokens) : ""}
          title={
            today
              ? `${exact(today.cache_read_input_tokens)} of ${exact(today.input_tokens)} input tokens`
              : ""
          }
          note="of input"
        />
        <Figure
          label="Requests"
          value={today ? exact(today.requests) : ""}
          title={today ? exact(today.requests) : ""}
          note={data ? data.time_zone.replaceAll("_", " ") : ""}
        />
      </div>
      <WeekChart days={data?.days ?? []} />
      {reconciled.value && (
        <p class={`note reconciled ${reconciled.value.unexplained_tokens > 0 ? "warn" : ""}`}>
          <a href="/api/reconcile">This week: {reconciled.value.summary}</a>
        </p>
      )}
    </section>
  );
}

function Figure(props: {
  label: string;
  value: string;
  title: string;
  note: preact.ComponentChildren;
  className?: string;
}) {
  return (
    <div class={`figure ${props.className ?? ""}`}>
      <span class="label">{props.label}</span>
      <span class="value" title={props.title}>
        {props.value || "\u00a0"}
      </span>
      <span class="note">{props.note || "\u00a0"}</span>
    </div>
  );
}

function Coverage({ day }: { day: Day }) {
  const notes = uncertainNotes(day);
  if (day.unpriced_requests === 0 && notes.length > 0)
    return (
      <span class="warn" title={notes.join("; ")}>
        {plural(
          Math.max(day.provisional_requests, day.implausible_requests, day.inferred_id_requests),
          "request",
        )}{" "}
        uncertain
      </span>
    );
  if (day.unpriced_requests === 0) return <>{day.requests > 0 ? "every request priced" : "nothing yet"}</>;
  const title = `${exact(day.unpriced_tokens)} tokens in ${plural(day.unpriced_requests, "request")} have no known price; ${pricedPercent(day.total_tokens, day)} % of the tokens have one`;
  return (
    <span class="warn" title={title}>
      + {tokens(day.unpriced_tokens)} tokens unpriced
    </span>
  );
}
