import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Outline } from "../../../schema/api-outline.ts";
import type { SessionDetail } from "../../../schema/api-shapes.ts";
import { opensAtEnd } from "../../first-requests.ts";
import { exact } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { behind, setQuery } from "../route.ts";
import { useVirtual } from "../sessions/virtual.ts";
import { ofSession, useResource } from "../use-resource.ts";
import { activityOf } from "./activity.ts";
import { agentName, agentTask } from "./agent-name.ts";
import { createItems } from "./items.ts";
import type { Zoom } from "./minimap.tsx";
import {
  blocksByIndex,
  CHIP_WORDS,
  type Chip,
  countsOf,
  firstAt,
  isFailed,
  nameOf,
  pick,
} from "./outline.ts";
import { ItemLine } from "./timeline-row.tsx";

const EVERY_MS = 2000;
const [LINE_PX, BLOCK_PX, IN_SIGHT] = [34, 76, 16];
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
      {/* Its place is kept while it loads, so that nothing moves. */}
      <div class="minimap-place" style={{ "--lanes": Math.min(LANES, data.agent_ids.length) }}>
        <Minimap outline={data} session={session} zoom={zoom} onZoom={setZoom} />
      </div>
      <Chips outline={data} only={only} agent={agent} session={session} />
      <List
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

function List(props: {
  outline: Outline;
  session: SessionDetail;
  only: string;
  agent: string | undefined;
  zoom: Zoom;
}) {
  const { outline, session, only, agent, zoom } = props;
  const picked = useMemo(() => pick(outline, only, agent), [outline, only, agent]);
  const low = zoom ? firstAt(outline, picked, zoom[0]) : 0;
  const high = zoom ? firstAt(outline, picked, zoom[1] + 1) : picked.length;
  const blocks = useMemo(() => blocksByIndex(outline), [outline]);
  const items = useMemo(
    () =>
      createItems(session.session_key, {
        ...(only && { only }),
        ...(agent !== undefined && { agent_id: agent }),
      }),
    [],
  );
  const isLive = opensAtEnd(activityOf(session));
  const names = useMemo(() => new Map(session.agent_list.map((a) => [a.agent_id, a])), [session.agent_list]);
  const indexAt = (line: number) => picked[low + line]!;
  // Another function makes the list work out all of its places again.
  const getItemKey = useMemo(() => {
    const names = picked.slice(low, high).map((index) => nameOf(outline, index));
    return (line: number) => names[line] ?? line;
  }, [outline, picked, low, high]);
  const estimateSize = (line: number) =>
    outline.kinds[indexAt(line)] === "t" && only === "" ? BLOCK_PX : LINE_PX;
  const { at } = behind.value.query;
  const lineAt = (name: string) => picked.findIndex((i) => nameOf(outline, i) === name) - low;
  // Begun where it will be, so that nothing above is drawn or requested first.
  const initialOffset = useMemo(() => {
    const line = at ? lineAt(at) : isLive ? high - low : 0;
    let offset = 0;
    for (let i = 0; i < line - IN_SIGHT; i++) offset += estimateSize(i);
    return offset;
  }, []);
  const { box, virtualizer } = useVirtual({
    count: high - low,
    estimateSize,
    initialOffset,
    getItemKey,
    anchorTo: isLive ? "end" : "start",
    followOnAppend: isLive ? "auto" : false,
  });
  const opened = useRef<string | null>(null);
  useLayoutEffect(() => {
    const wanted = `${at}`;
    if (opened.current === wanted) return;
    const isFirst = opened.current === null;
    opened.current = wanted;
    const line = at ? lineAt(at) : -1;
    if (line >= 0) virtualizer.scrollToIndex(line, { align: "center" });
    else if (isFirst && isLive) virtualizer.scrollToIndex(high - low - 1, { align: "end" });
  });
  const seen = virtualizer.getVirtualItems();
  const [from, to] = [low + (seen[0]?.index ?? 0), low + (seen.at(-1)?.index ?? 0)];
  const isDrawn = seen.length > 0;
  useLayoutEffect(() => {
    if (isDrawn) items.want(from, to);
  }, [isDrawn, from, to]);
  const before = useRef(outline);
  useEffect(() => {
    if (before.current !== outline) items.renew(from, to);
    before.current = outline;
  }, [outline]);
  const failures = useMemo(() => {
    const lines: number[] = [];
    for (let line = 0; line < high - low; line++)
      if (isFailed(outline, picked[low + line]!)) lines.push(line);
    return lines;
  }, [outline, picked, low, high]);
  const toFailure = (by: 1 | -1) => {
    const here = picked.findIndex((i) => nameOf(outline, i) === behind.peek().query.at) - low;
    const place = here >= 0 ? here : by > 0 ? -1 : Number.POSITIVE_INFINITY;
    const line = by > 0 ? failures.find((l) => l > place) : failures.findLast((l) => l < place);
    if (line === undefined) return;
    setQuery({ at: nameOf(outline, indexAt(line)) });
  };
  useFailureKeys(toFailure);
  return (
    <>
      {items.fault.value && <Notice fault={items.fault.value} />}
      {failures.length > 0 && (
        <p class="failures">
          <span class="hidden">{exact(failures.length)} failed</span>
          <button type="button" class="quiet" onClick={() => toFailure(-1)}>
            <span aria-hidden="true">↑ </span>
            Previous<span class="hidden"> failure</span> <kbd>p</kbd>
          </button>
          <button type="button" class="quiet" onClick={() => toFailure(1)}>
            <span aria-hidden="true">↓ </span>
            Next failure <kbd>n</kbd>
          </button>
        </p>
      )}
      <div
        class="virtual timeline-list"
        ref={box}
        tabIndex={0}
        role="region"
        aria-label="Items of the timeline"
      >
        <ol style={{ height: `${virtualizer.getTotalSize()}px` }}>
          {seen.map((row) => {
            const index = indexAt(row.index);
            return (
              <ItemLine
                key={row.key}
                place={{ top: row.start, index: row.index, measure: virtualizer.measureElement }}
                item={items.at(low + row.index)}
                kind={outline.kinds[index]!}
                time={outline.times[index]!}
                name={nameOf(outline, index)}
                isAt={at === nameOf(outline, index)}
                block={blocks.get(index)}
                agent={names.get(outline.agent_ids[outline.agents[index]!] ?? "")}
                session={session}
              />
            );
          })}
        </ol>
      </div>
    </>
  );
}

/** `n` and `p`, unless the focus is in a text field. */
function useFailureKeys(go: (by: 1 | -1) => void): void {
  const latest = useRef(go);
  latest.current = go;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, metaKey, ctrlKey, altKey, target } = event;
      if (metaKey || ctrlKey || altKey || (key !== "n" && key !== "p")) return;
      if (target instanceof HTMLElement && target.matches("input, textarea, select")) return;
      latest.current(key === "n" ? 1 : -1);
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}
