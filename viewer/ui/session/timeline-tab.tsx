import { useMemo, useState } from "preact/hooks";
import type { Outline } from "../../../schema/api-outline.ts";
import type { SessionDetail } from "../../../schema/api-shapes.ts";
import { exact } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { behind, setQuery } from "../route.ts";
import { ofSession, useResource } from "../use-resource.ts";
import { agentName, agentTask } from "./agent-name.ts";
import type { Zoom } from "./minimap.tsx";
import { CHIP_WORDS, type Chip, countsOf } from "./outline.ts";
import { TimelineList } from "./timeline-list.tsx";

const EVERY_MS = 2000;
const LANES = 8;
const Minimap = lazy(async () => (await import("./minimap.tsx")).Minimap);

export function TimelineTab({ session }: { session: SessionDetail }) {
  const { session_key } = session;
  const { data, fault } = useResource(
    "GET /api/sessions/:id/outline",
    { params: { id: session_key } },
    { every_ms: EVERY_MS, after: ofSession(session_key) },
  );
  const { only = "", agent: agentName } = behind.value.query;
  const agent =
    agentName === undefined || agentName === "" ? undefined : agentName === "main" ? "" : agentName;
  const [zoom, setZoom] = useState<Zoom>(null);
  if (!data) return fault ? <Notice fault={fault} /> : <Skeleton lines={12} />;
  if (data.times.length === 0)
    return (
      <Empty title="Nothing recorded">
        <p>
          Only the session's file is known so far. Hooks add tool calls and prompts:{" "}
          <code>hall-monitor install</code>
        </p>
      </Empty>
    );
  return (
    <section class="timeline" aria-label="Timeline">
      {/* Its space is reserved while it loads, so that nothing moves. */}
      <div class="minimap-place" style={{ "--lanes": Math.min(LANES, data.agent_ids.length) }}>
        <Minimap outline={data} session={session} zoom={zoom} onZoom={setZoom} />
      </div>
      <Chips outline={data} only={only} agent={agent} session={session} />
      <TimelineList
        key={`${only} ${agentName}`}
        outline={data}
        session={session}
        only={only}
        agent={agent}
        zoom={zoom}
      />
    </section>
  );
}

function Chips(props: { outline: Outline; only: string; agent: string | undefined; session: SessionDetail }) {
  const { outline, only, agent, session } = props;
  const counts = useMemo(() => countsOf(outline, agent), [outline, agent]);
  return (
    <div class="chips" role="group" aria-label="What is shown">
      <button type="button" class="quiet" aria-pressed={only === ""} onClick={() => setQuery({ only: "" })}>
        All {exact(counts.all)}
      </button>
      {(Object.keys(CHIP_WORDS) as Chip[])
        .filter((name) => counts[name] > 0)
        .map((name) => (
          <button
            key={name}
            type="button"
            class={name === "failed" ? "quiet bad" : "quiet"}
            aria-pressed={only === name}
            onClick={() => setQuery({ only: only === name ? "" : name })}
          >
            {name === "failed" && <span aria-hidden="true">✕ </span>}
            {CHIP_WORDS[name]} {exact(counts[name])}
          </button>
        ))}
      {session.agent_list.length > 0 && (
        <select
          aria-label="Agent"
          value={agent === "" ? "main" : (agent ?? "")}
          onChange={(e) => setQuery({ agent: e.currentTarget.value })}
        >
          <option value="">All agents</option>
          <option value="main">Main thread</option>
          {session.agent_list.map((a) => (
            <option key={a.agent_id} value={a.agent_id}>
              {[agentName(a), agentTask(a)].filter(Boolean).join(" · ")}
            </option>
          ))}
        </select>
      )}
    </div>
  );
}
