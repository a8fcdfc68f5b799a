import type { ComponentChildren } from "preact";
import { now } from "../clock.ts";
import { ago, dayAndTime, exact, plural } from "../format.ts";
import { Prose, Skeleton } from "../notice.tsx";
import { status, zone } from "../status.ts";
import { Unpriced } from "./unpriced.tsx";

/** What is wrong with the data, or that nothing is. */
export function HealthView() {
  const known = status.value;
  return (
    <div class="health">
      <div class="view-head">
        <h1>Health</h1>
        {known && (
          <p class="muted">
            v{known.version}, up since {dayAndTime(known.started_unix_ms, zone.value)}
          </p>
        )}
      </div>
      {known ? <Parts /> : <Skeleton lines={8} />}
    </div>
  );
}

function Parts() {
  const { problems, watch, counters, backfill, pipeline, retention } = status.value!;
  return (
    <div class="health-parts">
      <Part title="Problems">
        {problems.length === 0 && <p class="good-line">✓ None</p>}
        <ul>
          {problems.map((p) => (
            <li key={p.code} class="alert is-warning">
              <strong>
                <bdi>{p.detail}</bdi>
              </strong>
              {p.hint && (
                <p class="muted">
                  <Prose text={p.hint} />
                </p>
              )}
            </li>
          ))}
        </ul>
      </Part>
      <Part title="Files">
        <Pairs
          of={[
            [
              "Watched",
              `${plural(watch.files, "file")} in ${plural(watch.folders, "folder")}, by ${watch.mode}`,
            ],
            ["Last looked at", ago(watch.last_scan_unix_ms, now.value)],
            ["History", backfill.done ? `${exact(backfill.files_done)} files read` : "being read"],
            ...pipeline.sessions_indexed.map((s): [string, string] => [
              `Sessions of ${s.source}`,
              exact(s.count),
            ]),
          ]}
        />
      </Part>
      <Part title="Lines">
        <Pairs
          of={[
            ["Read", exact(counters.lines_read)],
            ["Rejected", exact(counters.rejects)],
            ["Stored twice, counted once", exact(counters.duplicates)],
            ["Events stored", exact(counters.events_committed)],
            ["Requests stored", exact(counters.requests_committed)],
          ]}
        />
        {counters.rejects > 0 && (
          <p class="warn">
            <Prose text="`hall-monitor doctor` lists each rejected line with its file and reason." />
          </p>
        )}
      </Part>
      <Part title="Hooks">
        <p class={counters.hook_events_lost > 0 ? "bad" : "good-line"}>
          {counters.hook_events_lost > 0
            ? `✕ ${plural(counters.hook_events_lost, "hook event")} found no place to be written to`
            : "✓ No hook event was lost"}
        </p>
        <p class="muted">
          <Prose text="`hall-monitor doctor` measures what a hook costs on this machine (p50, p99) and checks its installation." />
        </p>
      </Part>
      <Unpriced />
      <Part title="Transcripts">
        {retention ? (
          <Pairs
            of={[
              ["Kept by Claude Code for", plural(retention.cleanup_period_days, "day")],
              ["Oldest", plural(retention.oldest_age_days, "day")],
              ["Deleted soon", plural(retention.files_expiring, "file")],
            ]}
          />
        ) : (
          <p class="muted">No transcripts of Claude Code.</p>
        )}
      </Part>
    </div>
  );
}

export function Part({ title, children }: { title: string; children: ComponentChildren }) {
  const id = `health-${title.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}

function Pairs({ of }: { of: [string, string][] }) {
  return (
    <dl class="pairs">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
