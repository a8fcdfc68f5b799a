import type { Health, HookHealth } from "../../../schema/api-health.ts";
import { now } from "../clock.ts";
import { ago, exact, plural } from "../format.ts";
import { Notice, Prose, Skeleton } from "../notice.tsx";
import { status } from "../status.ts";
import { useResource } from "../use-resource.ts";
import { Bad, Good, Pairs, Part } from "./parts.tsx";

const WAYS: Record<HookHealth["installed"], string> = {
  plugin: "installed as a plugin",
  settings: "installed in the agent's settings",
  none: "not installed",
};
/** Hooks also come from a folder that Claude Code is started with, a project's settings, or Codex's `hooks.json`. */
const arrive = (data: HookHealth, { last_hook_unix_ms }: Health) =>
  data.installed === "none" && last_hook_unix_ms !== null;
const wayOf = (data: HookHealth, health: Health) =>
  arrive(data, health) ? "events arrive" : WAYS[data.installed];

/** A shorter delay is not noticeable. */
const NOTICEABLE_MS = 100;

const milliseconds = (ms: number | null) =>
  ms === null ? "–" : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

/** Overhead of recording for the agent, and whether hooks report everything that transcripts contain. */
export function HooksPart({ health }: { health: Health }) {
  const { data, fault } = useResource("GET /api/health/hooks", {});
  const lost = status.value?.counters.hook_events_lost ?? 0;
  const { sessions, incomplete, missing } = health.hook_gaps;
  return (
    <Part title="Hooks" note={data && wayOf(data, health)}>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={2} />}
      {data && !(arrive(data, health) && data.runs === 0) && <Cost of={data} />}
      {lost > 0 ? (
        <>
          <Bad>{plural(lost, "hook event")} could not be written</Bad>
          <p class="muted">Free space on the disk of the data directory, or check its permissions.</p>
        </>
      ) : (
        <Good>No hook events lost</Good>
      )}
      {missing > 0 ? (
        <>
          <p class="warn">
            ! {exact(missing)} missing in {exact(incomplete)} of {plural(sessions, "session")} in seven days
          </p>
          <p class="muted">
            <Prose text="Tool calls and failed turns in transcripts without their hook event. Transcripts are still read; `hall-monitor doctor` checks the installation." />
          </p>
        </>
      ) : (
        sessions > 0 && <Good>{plural(sessions, "session")} in seven days, nothing missing</Good>
      )}
      <Delay of={health} />
      {data && arrive(data, health) && (
        <p class="muted">
          The hooks are not in this user's settings. They may be in a plugin folder passed at start, in a
          project's settings, or in another agent.
          {data.runs > 0 && " The figures are those of the hook bundled with hall-monitor."}
        </p>
      )}
      {data?.installed === "none" && !arrive(data, health) && (
        <p class="muted">
          <Prose text="`hall-monitor install` adds them, so that you see at once what an agent is waiting for." />
        </p>
      )}
    </Part>
  );
}

function Cost({ of }: { of: HookHealth }) {
  if (of.runs === 0) return <p class="warn">! The hook command does not exist; install the hooks again.</p>;
  const isSlow = (of.p99_ms ?? 0) >= NOTICEABLE_MS;
  return (
    <>
      {of.failed_runs > 0 && (
        <Bad>
          {exact(of.failed_runs)} of {plural(of.runs, "run")} failed
        </Bad>
      )}
      <p class="hook-cost">
        <span>
          <b class="value">{milliseconds(of.p50_ms)}</b> <span class="muted">p50</span>
        </span>
        <span>
          <b class={isSlow ? "value warn" : "value"}>{milliseconds(of.p99_ms)}</b>{" "}
          <span class="muted">p99</span>
        </span>
      </p>
      <p class="muted">
        Duration of one hook run, measured {ago(of.measured_unix_ms, now.value)} in {plural(of.runs, "run")},{" "}
        {milliseconds(of.max_ms)} at most.
      </p>
    </>
  );
}

function Delay({ of: { hook_delay, last_hook_unix_ms } }: { of: Health }) {
  return (
    <Pairs
      of={[
        ["Last hook event", last_hook_unix_ms === null ? "none yet" : ago(last_hook_unix_ms, now.value)],
        ...(hook_delay && hook_delay.events > 0
          ? ([
              [
                "Hook to database",
                `${milliseconds(hook_delay.p50_ms)} p50, ${milliseconds(hook_delay.p99_ms)} p99 (${plural(hook_delay.events, "event")})`,
              ],
            ] as [string, string][])
          : []),
      ]}
    />
  );
}
