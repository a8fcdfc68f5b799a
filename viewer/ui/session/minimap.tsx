import { useMemo, useRef, useState } from "preact/hooks";
import type { Outline } from "../../../schema/api-outline.ts";
import type { SessionDetail } from "../../../schema/api-shapes.ts";
import { now } from "../clock.ts";
import { clock, plural, shortMoment } from "../format.ts";
import { zone } from "../status.ts";
import { agentName } from "./agent-name.ts";

export type Zoom = [from: number, until: number] | null;
const BINS = 400;
const LANES = 8;
const LANE = 12;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
/** Neighbouring ticks would otherwise name the same minute. */
const SECONDS_BELOW_MS = 20 * 60_000;
type Lane = { name: string; busy: string; failed: string };

/** A lane per agent over time. However long a session is, a lane is two paths. */
export function Minimap(props: {
  outline: Outline;
  session: SessionDetail;
  zoom: Zoom;
  onZoom(zoom: Zoom): void;
}) {
  const { outline, session, zoom, onZoom } = props;
  const timed = useMemo(() => outline.times.filter((t) => t > 0), [outline]);
  const from = timed[0] ?? 0;
  const until = Math.max(timed.at(-1) ?? 1, from + 1);
  const x = (t: number) => Math.min(BINS, Math.max(0, ((t - from) / (until - from)) * BINS));
  const lanes = useMemo(() => toLanes(outline, session, x), [outline, session.agent_list]);
  const height = lanes.length * LANE;
  const box = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const timeAt = (event: PointerEvent) => {
    const { left, width } = box.current!.getBoundingClientRect();
    return from + Math.min(1, Math.max(0, (event.clientX - left) / width)) * (until - from);
  };
  const end = () => {
    if (!drag) return;
    const [a, b] = [Math.min(...drag), Math.max(...drag)];
    onZoom((b - a) / (until - from) > 0.005 ? [Math.floor(a), Math.ceil(b)] : null);
    setDrag(null);
  };
  const shown = drag ? [Math.min(...drag), Math.max(...drag)] : zoom;
  return (
    <div class="minimap">
      <div class="minimap-body">
        <ul class="minimap-names" aria-hidden="true">
          {lanes.map((lane, i) => (
            <li key={i} class="clip">
              {lane.name}
            </li>
          ))}
        </ul>
        <svg
          ref={box}
          viewBox={`0 0 ${BINS} ${height}`}
          preserveAspectRatio="none"
          style={{ height: `${height}px` }}
          role="img"
          aria-label={`${plural(lanes.length, "lane")} from ${clock(from, zone.value)} to ${clock(until, zone.value)}, ${plural(outline.waits.length, "wait")}, ${plural(outline.compactions.length, "compaction")}`}
          onPointerDown={(e) => {
            e.currentTarget.setPointerCapture(e.pointerId);
            setDrag([timeAt(e), timeAt(e)]);
          }}
          onPointerMove={(e) => drag && setDrag([drag[0], timeAt(e)])}
          onPointerUp={end}
          onPointerCancel={() => setDrag(null)}
        >
          <Drawing outline={outline} lanes={lanes} x={x} height={height} />
          {shown && (
            <rect x={x(shown[0]!)} width={x(shown[1]!) - x(shown[0]!)} y="0" height={height} class="brush" />
          )}
        </svg>
      </div>
      <Axis from={from} until={until} />
      <Ends from={from} until={until} zoom={zoom} onZoom={onZoom} />
    </div>
  );
}

function Axis({ from, until }: { from: number; until: number }) {
  const isShort = until - from < SECONDS_BELOW_MS;
  return (
    <p class="minimap-axis muted">
      {TICKS.map((part) => {
        const at = from + part * (until - from);
        return (
          <span key={part}>{isShort ? clock(at, zone.value) : shortMoment(at, now.value, zone.value)}</span>
        );
      })}
    </p>
  );
}

function Drawing(props: { outline: Outline; lanes: Lane[]; x: (t: number) => number; height: number }) {
  const { outline, lanes, x, height } = props;
  return (
    <>
      <defs>
        <pattern id="waiting-hatch" width="4" height="4" patternUnits="userSpaceOnUse">
          <path d="M0 4L4 0" class="hatch" />
        </pattern>
      </defs>
      {lanes.map((lane, i) => (
        <g key={i} transform={`translate(0 ${i * LANE})`}>
          <path d={lane.busy} class="lane-busy" />
          <path d={lane.failed} class="lane-failed" />
        </g>
      ))}
      <path
        d={outline.waits.map(([a, b]) => bar(x(a), Math.max(1, x(b) - x(a)), height)).join("")}
        fill="url(#waiting-hatch)"
      />
      <path d={outline.compactions.map((t) => `M${x(t)} 0V${height}`).join("")} class="compaction" />
      <path d={contextLine(outline, x, height)} class="context-line" />
    </>
  );
}

/** The same zoom without a pointer. */
function Ends(props: { from: number; until: number; zoom: Zoom; onZoom(zoom: Zoom): void }) {
  const { from, until, zoom, onZoom } = props;
  const [a, b] = zoom ?? [from, until];
  const step = Math.max(1, Math.round((until - from) / 100));
  const range = (label: string, value: number, set: (value: number) => Zoom) => (
    <input
      type="range"
      aria-label={label}
      aria-valuetext={clock(value, zone.value)}
      min={from}
      max={until}
      step={step}
      value={value}
      onInput={(e) => onZoom(set(Number(e.currentTarget.value)))}
    />
  );
  return (
    <div class={`minimap-ends ${zoom ? "is-zoomed" : ""}`}>
      {range("Shown from", a, (v) => [Math.min(v, b - step), b])}
      {range("Shown until", b, (v) => [a, Math.max(v, a + step)])}
      {zoom && (
        <button type="button" class="quiet" onClick={() => onZoom(null)}>
          {clock(a, zone.value)} – {clock(b, zone.value)}: show all
        </button>
      )}
    </div>
  );
}

const bar = (left: number, width: number, height: number) =>
  `M${left.toFixed(1)} 0h${width.toFixed(1)}v${height}h${(-width).toFixed(1)}z`;

function toLanes(outline: Outline, session: SessionDetail, x: (t: number) => number): Lane[] {
  const names = new Map(session.agent_list.map((a) => [a.agent_id, agentName(a)]));
  const count = Math.min(LANES, outline.agent_ids.length);
  const isShared = outline.agent_ids.length > LANES;
  const busy = Array.from({ length: count }, () => new Set<number>());
  const failed = Array.from({ length: count }, () => new Set<number>());
  for (let i = 0; i < outline.times.length; i++) {
    if (outline.times[i] === 0) continue;
    const lane = Math.min(count - 1, outline.agents[i]!);
    const bin = Math.min(BINS - 1, Math.floor(x(outline.times[i]!)));
    busy[lane]!.add(bin);
    if (/[A-Z]/.test(outline.kinds[i]!)) failed[lane]!.add(bin);
  }
  const path = (bins: Set<number>) => [...bins].map((bin) => `M${bin} 2h1.2v${LANE - 4}h-1.2z`).join("");
  return busy.map((bins, lane) => ({
    name:
      lane === 0
        ? "Main thread"
        : isShared && lane === count - 1
          ? `${outline.agent_ids.length - lane} more`
          : (names.get(outline.agent_ids[lane]!) ?? "agent"),
    busy: path(bins),
    failed: path(failed[lane]!),
  }));
}

function contextLine({ context }: Outline, x: (t: number) => number, height: number): string {
  const top = Math.max(1, ...context.map(([, tokens]) => tokens));
  return context
    .map(
      ([t, tokens], i) =>
        `${i ? "L" : "M"}${x(t).toFixed(1)} ${(height - 1 - (tokens / top) * (height - 2)).toFixed(1)}`,
    )
    .join("");
}
