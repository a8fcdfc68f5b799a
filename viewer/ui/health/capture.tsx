import type { Capture } from "../../../schema/api-capture.ts";
import type { CaptureMode, SourceState } from "../../../schema/capture.ts";
import { Heads } from "../chart/table-box.tsx";
import { now } from "../clock.ts";
import { ago, dayBefore, money, plural } from "../format.ts";
import { Notice, Prose, Skeleton } from "../notice.tsx";
import { today } from "../spend.ts";
import { zone } from "../status.ts";
import { afterAny, useResource } from "../use-resource.ts";
import { Good, Part } from "./parts.tsx";

const FRESH = { every_ms: 5000, after: afterAny };
const TONE: Record<SourceState, string> = {
  live: "good-line",
  idle: "good-line",
  silent: "warn",
  off: "faint",
  down: "bad",
};
const GLYPH: Record<SourceState, string> = { live: "●", idle: "○", silent: "!", off: "–", down: "✕" };

const isComplete = (mode: CaptureMode) => mode === "HYBRID_ACTIVE";

/** Recording state of each agent and source, and the overall result. */
export function CapturePart() {
  const { data, fault } = useResource("GET /api/capture", {}, FRESH);
  return (
    <Part title="Is it recording?" note={data?.words} isWide>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={3} />}
      {data && <Agents of={data} />}
      {data && <Sources of={data} />}
      <Against />
    </Part>
  );
}

function Agents({ of }: { of: Capture }) {
  return (
    <ul class="health-list">
      {of.agents.map(({ agent, mode, words, reason }) => (
        <li key={agent}>
          <strong class={mode === "FAILURE" ? "bad" : isComplete(mode) ? "good-line" : "warn"}>
            {mode === "FAILURE" ? "✕" : isComplete(mode) ? "✓" : "!"} {agent}: {words}
          </strong>
          <span class="muted">
            {" · "}
            <bdi>
              <Prose text={reason} />
            </bdi>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Sources({ of }: { of: Capture }) {
  return (
    <table class="health-table">
      <Heads of={["Source", "State", "Last sign", "Why"]} />
      <tbody>
        {of.sources.map(({ source, state, reason, last_unix_ms }) => (
          <tr key={source}>
            <th scope="row">{source.replaceAll("_", " ")}</th>
            <td class={TONE[state]}>
              <span aria-hidden="true">{GLYPH[state]}</span> {state}
            </td>
            <td>{last_unix_ms === null ? "never" : ago(last_unix_ms, now.value)}</td>
            <td class="muted">
              <bdi>
                <Prose text={reason} />
              </bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The last week compared with the clients' own total. */
function Against() {
  const query = { start_time: dayBefore(today.value, 6), end_time: today.value, time_zone: zone.value };
  const { data, fault } = useResource("GET /api/reconcile", { query });
  if (!data) return fault ? <Notice fault={fault} /> : null;
  if (data.shown_percent === null)
    return (
      <p class="muted">No client reported a total in the last seven days, so there is nothing to compare.</p>
    );
  const isEven = data.unexplained_tokens === 0;
  return (
    <>
      {isEven ? (
        <Good>
          {data.recorded_percent} % of the {money(data.client_nano_usd)} that clients report for the last
          seven days is recorded
        </Good>
      ) : (
        <p class="warn">
          ! {plural(data.unexplained_tokens, "token")} that a client counted are missing here
        </p>
      )}
      <p class="muted">
        {plural(data.sessions_compared, "session")} compared; {data.summary}.
      </p>
    </>
  );
}
