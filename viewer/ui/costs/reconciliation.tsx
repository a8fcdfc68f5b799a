import { useSignal } from "@preact/signals";
import type { Reconcile, SessionReconcile } from "../../../schema/api-reconcile.ts";
import { Heads } from "../chart/table-box.tsx";
import { exactMoney, money, percent, plural } from "../format.ts";
import { range } from "../range.ts";
import { behind, sessionHref } from "../route.ts";
import { titleOfKey } from "../session-title.ts";
import { Exact } from "../shell/tip.tsx";
import { useResource } from "../use-resource.ts";

const SHOWN = 20;

/** Recorded cost compared with the client's own total and its telemetry, with named differences. */
export function Reconciliation() {
  const isOpen = useSignal(false);
  const { source = "", project = "" } = behind.value.query;
  const query = { ...range.value.query, source: source as "", project };
  const { data, fault } = useResource("GET /api/reconcile", { query });
  if (fault) return <p class="data-line bad">Cannot compare with the client's own totals: {fault.detail}</p>;
  if (!data) return <p class="data-line">&nbsp;</p>;
  if (data.sessions_compared === 0 && !data.telemetry)
    return (
      <p class="data-line" data-reconciled>
        The client reported no totals for these days, so there is nothing to compare.
      </p>
    );
  const sessions = data.sessions.slice(0, SHOWN);
  return (
    <section class="card" aria-labelledby="reconciled-title" data-reconciled>
      <h2 id="reconciled-title">Against the client's own totals</h2>
      <div class="table-wide">
        <table class="ranked reconciled">
          <Heads of={["Reported by", "Sessions", "Reported", "Recorded", "Difference"]} />
          <tbody>
            <Totals of={data} />
          </tbody>
          {isOpen.value && (
            <tbody class="reconciled-sessions">
              {sessions.map((s) => (
                <Session key={s.session_key} of={s} />
              ))}
            </tbody>
          )}
        </table>
      </div>
      <p class="muted">
        <Hidden of={data} />{" "}
        <button
          type="button"
          class="link"
          aria-expanded={isOpen.value}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          {isOpen.value ? "Hide" : "Show"} {plural(data.sessions.length, "session")}
        </button>
        {isOpen.value && data.sessions.length > SHOWN && `, the ${SHOWN} with the largest difference`}
      </p>
    </section>
  );
}

function Totals({ of }: { of: Reconcile }) {
  const { telemetry, shown_nano_usd, hidden_nano_usd } = of;
  return (
    <>
      {of.sessions_compared > 0 && (
        <tr data-total="client">
          <th scope="row">The client itself</th>
          <td>{of.sessions_compared}</td>
          <Amount nano={of.client_nano_usd} />
          <td>
            <Exact tip={`${money(shown_nano_usd)} in transcripts, ${money(hidden_nano_usd)} in none`}>
              {money(shown_nano_usd + hidden_nano_usd)}
            </Exact>{" "}
            {of.recorded_percent !== null && <span class="muted">{percent(of.recorded_percent, 100)}</span>}
          </td>
          <Difference nano={of.difference_nano_usd} />
        </tr>
      )}
      {telemetry && (
        <tr data-total="telemetry">
          <th scope="row">OpenTelemetry</th>
          <td>{telemetry.sessions}</td>
          <td>
            <Exact tip={`${exactMoney(telemetry.cost_nano_usd)} in ${plural(telemetry.calls, "call")}`}>
              {money(telemetry.cost_nano_usd)}
            </Exact>
          </td>
          <Amount nano={telemetry.recorded_nano_usd} />
          <Difference nano={telemetry.difference_nano_usd} />
        </tr>
      )}
    </>
  );
}

function Session({ of: s }: { of: SessionReconcile }) {
  const recorded = s.shown_nano_usd + s.hidden_nano_usd;
  const reported = s.client_nano_usd ?? s.telemetry_nano_usd;
  const difference = s.difference_nano_usd ?? (reported === null ? null : reported - recorded);
  return (
    <tr>
      <th scope="row">
        <a class="link" href={sessionHref(s.session_key)} data-row>
          <bdi>{titleOfKey(s.session_key, s.title)}</bdi>
        </a>
        {s.explained.map((line) => (
          <span key={line} class="muted">
            <bdi>{line}</bdi>
          </span>
        ))}
      </th>
      <td class="muted">{s.client_nano_usd === null ? "telemetry" : "client"}</td>
      <Amount nano={reported} />
      <Amount nano={recorded} />
      <Difference nano={difference} />
    </tr>
  );
}

function Hidden({ of }: { of: Reconcile }) {
  const { hidden_requests, hidden_nano_usd, unexplained_tokens } = of;
  return (
    <>
      {hidden_requests === 0
        ? "Every request is in a transcript."
        : `${plural(hidden_requests, "request")} for ${money(hidden_nano_usd)} ${hidden_requests === 1 ? "is" : "are"} in no transcript.`}
      {unexplained_tokens > 0 && (
        <span class="warn"> {plural(unexplained_tokens, "token")} unexplained.</span>
      )}
    </>
  );
}

function Amount({ nano }: { nano: number | null }) {
  return <td>{nano === null ? "–" : <Exact tip={exactMoney(nano)}>{money(nano)}</Exact>}</td>;
}

/** Less than a hundredth of a cent is a rounding difference. */
const ROUNDED = 100_000;

function Difference({ nano }: { nano: number | null }) {
  if (nano === null) return <td>–</td>;
  const size = Math.abs(nano);
  if (size < ROUNDED) return <td class="good-line">none</td>;
  const sign = nano < 0 ? "−" : "+";
  return (
    <td class="warn">
      <Exact tip={`${sign}${exactMoney(size)}`}>{`${sign}${money(size)}`}</Exact>
    </td>
  );
}
