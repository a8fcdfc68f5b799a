import { dayAndTime, duration, plural } from "../format.ts";
import { setQuery } from "../route.ts";
import { SessionName } from "./session-name.tsx";
import type { Attempt, Feature } from "./timeline.ts";

const QUALITIES: Record<Attempt["start_quality"], string> = {
  exact: "by the tool call",
  file: "by the file's time",
  inferred: "inferred",
};
type Props = { feature: Feature; features: Feature[]; zone: string };

/** Everything that is known of one feature, in words: also what the bars and the graph show. */
export function FeatureDetails({ feature: f, features, zone }: Props) {
  const needed_by = features.filter((o) => o.depends_on.includes(f.feature_id)).map((o) => o.feature_id);
  const known = new Set(features.map((o) => o.feature_id));
  return (
    <div class="feature-details">
      <p>
        <bdi>{f.description}</bdi>
      </p>
      <dl class="pairs">
        <Ids label="Depends on" ids={f.depends_on} known={known} none="nothing" />
        <Ids label="Needed by" ids={needed_by} known={known} none="nothing" />
        <Pair label="Specification" text={f.file} />
        <Pair label="Verification" text={f.verification} />
        <Pair label="Edge cases" text={f.edge_cases.join(", ")} />
        <Pair label="Decisions" text={f.decisions.join(", ")} />
        <div>
          <dt>Attempts</dt>
          <dd>{f.attempts.length === 0 ? "none yet" : plural(f.attempts.length, "attempt")}</dd>
        </div>
      </dl>
      <ol class="attempts">
        {f.attempts.map((a) => (
          <li key={a.attempt}>
            <b>{a.outcome ?? "in progress"}</b> {dayAndTime(a.started_unix_ms, zone)} (
            {QUALITIES[a.start_quality]})
            {a.ended_unix_ms !== null && (
              <>
                {" "}
                – {dayAndTime(a.ended_unix_ms, zone)} ({QUALITIES[a.end_quality ?? "inferred"]}),{" "}
                {duration(a.ended_unix_ms - a.started_unix_ms)}
              </>
            )}{" "}
            {a.session_key ? <SessionName id={a.session_key} /> : <span class="muted">session unknown</span>}
          </li>
        ))}
      </ol>
    </div>
  );
}

function Pair({ label, text }: { label: string; text: string }) {
  if (text === "") return null;
  return (
    <div>
      <dt>{label}</dt>
      <dd class="mono">
        <bdi>{text}</bdi>
      </dd>
    </div>
  );
}

function Ids(props: { label: string; ids: string[]; known: Set<string>; none: string }) {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd class="id-list">
        {props.ids.length === 0 && <span class="muted">{props.none}</span>}
        {props.ids.map((id) =>
          props.known.has(id) ? (
            <button key={id} type="button" class="link mono" onClick={() => setQuery({ feature: id })}>
              <bdi>{id}</bdi>
            </button>
          ) : (
            <span key={id} class="bad mono">
              <bdi>{id}</bdi> (unknown)
            </span>
          ),
        )}
      </dd>
    </div>
  );
}
