import { useSignal } from "@preact/signals";
import { money, percent, plural } from "../format.ts";
import { range } from "../range.ts";
import { behind, sessionHref } from "../route.ts";
import { titleOf } from "../session-title.ts";
import { useResource } from "../use-resource.ts";

const SHOWN = 20;

/** What is recorded against the client's own total, and each difference by its name. */
export function Reconciliation() {
  const isOpen = useSignal(false);
  const { source = "", project = "" } = behind.value.query;
  const query = { ...range.value.query, source: source as "", project };
  const { data, fault } = useResource("GET /api/reconcile", { query });
  if (fault) return <p class="data-line bad">Cannot compare with the client's own totals: {fault.detail}</p>;
  if (!data) return <p class="data-line">&nbsp;</p>;
  if (data.sessions_compared === 0)
    return (
      <p class="data-line" data-reconciled>
        The client reported no totals for these days, so there is nothing to compare.
      </p>
    );
  return (
    <section class="card" aria-labelledby="reconciled-title" data-reconciled>
      <h2 id="reconciled-title">Against the client's own totals</h2>
      <p>
        {data.summary}{" "}
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
      </p>
      <dl class="pairs">
        <div>
          <dt>Client</dt>
          <dd>{money(data.client_nano_usd)}</dd>
        </div>
        <div>
          <dt>In transcripts</dt>
          <dd>{money(data.shown_nano_usd)}</dd>
        </div>
        <div>
          <dt>In no transcript</dt>
          <dd>
            {money(data.hidden_nano_usd)} · {plural(data.hidden_requests, "request")}
          </dd>
        </div>
        <div>
          <dt>Recorded</dt>
          <dd>{data.recorded_percent === null ? "–" : percent(data.recorded_percent, 100)}</dd>
        </div>
      </dl>
      {isOpen.value && (
        <ul class="explained">
          {data.sessions.slice(0, SHOWN).map((s) => (
            <li key={s.session_key}>
              <a class="link" href={sessionHref(s.session_key)}>
                <bdi>{titleOf({ title: s.title, project: null, session_id: s.session_key })}</bdi>
              </a>{" "}
              {s.difference_nano_usd === null ? "" : signed(s.difference_nano_usd)}
              {s.explained.map((line) => (
                <span key={line} class="muted">
                  <bdi>{line}</bdi>
                </span>
              ))}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const signed = (nano: number) => (nano < 0 ? `−${money(-nano)}` : `+${money(nano)}`);
