import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import type { LimitWindow } from "../../../schema/api-limits.ts";
import { now } from "../clock.ts";
import { clock, dayAndTime } from "../format.ts";
import { countdown, outlook } from "../limits-labels.ts";
import { Notice } from "../notice.tsx";
import { zone } from "../status.ts";
import { spanOf, useCourse } from "./readings.ts";

const HEIGHT = 240;
/** Keeps the height of its line. */
const NOTHING = "\u00a0";
/** A canvas keeps the colours that it was drawn with. */
const scheme = matchMedia("(prefers-color-scheme: dark)");
const is_dark = signal(scheme.matches);
scheme.addEventListener("change", () => {
  is_dark.value = scheme.matches;
});
const FULL = 100;

/**
 * Used percentage compared with even use. The cone is the forecast between its fastest and its slowest estimate; it
 * ends at the reset.
 */
export function BurnUp({ window: w }: { window: LimitWindow }) {
  const { points, fault } = useCourse(w);
  const course = outlook(w, now.value, zone.value);
  const { start, end } = spanOf(w);
  return (
    <>
      {fault && <Notice fault={fault} />}
      <Curve
        data={toData(w, points)}
        isShort={(w.window_minutes ?? 0) <= 1440}
        label={`Used ${w.used_percent ?? 0} %, from ${dayAndTime(start, zone.value)} to ${dayAndTime(end, zone.value)}. The samples below have the figures.`}
      />
      <p class="muted">
        <b class={course.startsWith("runs out") || course === "used up" ? "bad" : ""}>
          {course || "no forecast yet"}
        </b>
        {countdown(w, now.value) && ` · ${countdown(w, now.value)}`} · <span class="key is-used">used</span>{" "}
        <span class="key is-even">even use</span> <span class="key is-cone">forecast</span>
      </p>
    </>
  );
}

type CurveProps = {
  /** Seconds, even use, used, and both edges of the forecast. */
  data: uPlot.AlignedData;
  label: string;
  /** Times of day on its axis, not days. */
  isShort: boolean;
};

export function Curve({ data, label, isShort }: CurveProps) {
  const box = useRef<HTMLDivElement>(null);
  const at = useSignal(NOTHING);
  const key = `${JSON.stringify(data)} ${is_dark.value}`;
  useEffect(() => {
    const target = box.current;
    if (!target) return;
    let plot: uPlot | undefined;
    let isOver = false;
    const resized = new ResizeObserver(() => plot?.setSize({ width: target.clientWidth, height: HEIGHT }));
    // As large as the rest of the view, so it comes after it.
    void import("uplot").then(({ default: Plot }) => {
      if (isOver) return;
      const options = optionsOf(target, isShort);
      const show = (u: uPlot) => {
        at.value = valueAt(u) || NOTHING;
      };
      plot = new Plot({ ...options, hooks: { draw: [markNow], setCursor: [show] } }, data, target);
      resized.observe(target);
    });
    return () => {
      isOver = true;
      resized.disconnect();
      plot?.destroy();
    };
  }, [key]);
  return (
    <>
      <div class="burn-up" ref={box} role="img" aria-label={label} />
      <p class="muted burn-up-at" aria-hidden="true">
        {at}
      </p>
    </>
  );
}

/** A line at the start of the forecast. */
function markNow(u: uPlot): void {
  const at = now.peek() / 1000;
  if (at < (u.scales.x?.min ?? at) || at > (u.scales.x?.max ?? at)) return;
  const x = Math.round(u.valToPos(at, "x", true));
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = getComputedStyle(u.root).getPropertyValue("--soft").trim();
  ctx.fillRect(x, bbox.top, devicePixelRatio, bbox.height);
  ctx.textAlign = "right";
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.fillText("now", x - 5 * devicePixelRatio, bbox.top + 12 * devicePixelRatio);
  ctx.restore();
}

/** The last value that was sampled at the cursor, and an even use beside it. */
function valueAt(u: uPlot): string {
  const i = u.cursor.idx;
  if (i === null || i === undefined) return "";
  const [times, even, used] = u.data;
  const seconds = times[i] ?? 0;
  const last = Array.from(used ?? [])
    .slice(0, i + 1)
    .findLast((value) => typeof value === "number");
  const parts = [dayAndTime(seconds * 1000, zone.value), `even pace ${(even?.[i] ?? 0).toFixed(1)} %`];
  if (typeof last === "number" && seconds * 1000 <= now.peek()) parts.splice(1, 0, `used ${last} %`);
  return parts.join(" · ");
}

type Point = { at: number; used: number };

function toData(w: LimitWindow, points: Point[]): uPlot.AlignedData {
  const { start, end } = spanOf(w);
  const last = points.at(-1);
  const cone = last ? coneOf(w, last, end) : [];
  const at = [...new Set([start, ...points.map((p) => p.at), ...cone.map((c) => c.at), end])].sort(
    (a, b) => a - b,
  );
  const used = new Map(points.map((p) => [p.at, p.used]));
  const high = new Map(cone.map((c) => [c.at, c.high]));
  const low = new Map(cone.map((c) => [c.at, c.low]));
  return [
    at.map((ms) => ms / 1000),
    at.map((ms) => ((ms - start) / (end - start)) * FULL),
    at.map((ms) => used.get(ms)),
    at.map((ms) => high.get(ms)),
    at.map((ms) => low.get(ms)),
  ] as uPlot.AlignedData;
}

/** Both edges at each vertex of either of them. */
function coneOf(w: LimitWindow, from: Point, end: number): { at: number; high: number; low: number }[] {
  const f = w.forecast;
  if (f?.kind !== "run_out" || from.used >= FULL || from.at >= end) return [];
  const first = Math.max(f.earliest_unix_ms, from.at + 1);
  const last = Math.max(f.latest_unix_ms ?? end, first);
  const along = (at: number, full: number) =>
    Math.min(FULL, from.used + ((at - from.at) / (full - from.at)) * (FULL - from.used));
  return [...new Set([from.at, Math.min(first, end), Math.min(last, end), end])]
    .sort((a, b) => a - b)
    .map((at) => ({ at, high: along(at, first), low: along(at, last) }));
}

function optionsOf(target: HTMLElement, isShort: boolean): uPlot.Options {
  const colour = (name: string) => getComputedStyle(target).getPropertyValue(name).trim();
  const axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  const time = (seconds: number) =>
    isShort
      ? clock(seconds * 1000, zone.value).slice(0, 5)
      : dayAndTime(seconds * 1000, zone.value).slice(0, 6);
  return {
    width: target.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: true }, y: { range: [0, FULL] } },
    axes: [
      { ...axis, values: (_, splits) => splits.map(time) },
      { ...axis, size: 44, values: (_, splits) => splits.map((v) => `${v} %`) },
    ],
    series: [
      {},
      { stroke: colour("--edge"), width: 1.5, dash: [4, 4], points: { show: false } },
      { stroke: colour("--h2"), width: 2.2, points: { show: false } },
      { stroke: colour("--waiting-line"), width: 1, points: { show: false }, spanGaps: true },
      { stroke: colour("--waiting-line"), width: 1, points: { show: false }, spanGaps: true },
    ],
    bands: [{ series: [3, 4], fill: `${colour("--waiting-line")}33` }],
  };
}
