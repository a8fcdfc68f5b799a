import { exact } from "../format.ts";

type Props = { series: [number, number][]; names: string[] };

/** Calls of each bucket as bars, failed ones in red; the figures are in the popover and in the table below. */
export function Trend({ series, names }: Props) {
  const most = Math.max(1, ...series.map(([calls]) => calls));
  const peak = series.findIndex(([calls]) => calls === most);
  const tip =
    peak < 0
      ? "No calls"
      : `Most in ${names[peak]}: ${exact(most)} calls, ${exact(series[peak]?.[1] ?? 0)} of them failed`;
  const wide = 100 / Math.max(1, series.length);
  return (
    <button type="button" class="trend" data-tip={tip} aria-label={tip}>
      <svg viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
        {series.map(([calls, failed], i) => {
          const [all, bad] = [(calls / most) * 24, (failed / most) * 24];
          const x = i * wide;
          return (
            <g key={names[i]}>
              {calls > 0 && <rect class="trend-all" x={x} y={24 - all} width={wide * 0.8} height={all} />}
              {failed > 0 && <rect class="trend-bad" x={x} y={24 - bad} width={wide * 0.8} height={bad} />}
            </g>
          );
        })}
      </svg>
    </button>
  );
}
