import { exactMoney, money, plural, tokens, weekday } from "./format.ts";
import type { Day } from "./spend.ts";

const WIDTH = 340;
const HEIGHT = 132;
const TOP = 20;
const FLOOR = HEIGHT - 20;
const SLOT = WIDTH / 7;
const BAR = 30;

/** Cost per day of the last seven; the figures are text, so they can be read out. */
export function WeekChart({ days }: { days: Day[] }) {
  const highest = Math.max(1, ...days.map((day) => day.cost_nano_usd ?? 0));
  const total = days.reduce((sum, day) => sum + (day.cost_nano_usd ?? 0), 0);
  return (
    <figure class="week">
      <figcaption>
        <span class="label">Last 7 days</span>
        <span class="sum" title={exactMoney(total)}>
          {days.length > 0 ? money(total) : "\u00a0"}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={spoken(days)}>
        <line class="floor" x1={0} x2={WIDTH} y1={FLOOR + 0.5} y2={FLOOR + 0.5} />
        {days.map((day, i) => (
          <Bar
            key={day.day}
            day={day}
            x={i * SLOT + SLOT / 2}
            share={(day.cost_nano_usd ?? 0) / highest}
            isToday={i === days.length - 1}
          />
        ))}
      </svg>
    </figure>
  );
}

function Bar({ day, x, share, isToday }: { day: Day; x: number; share: number; isToday: boolean }) {
  const height = share === 0 ? 0 : Math.max(2, share * (FLOOR - TOP));
  return (
    <g class={isToday ? "bar is-today" : "bar"}>
      <title>{describe(day)}</title>
      <rect class="reach" x={x - SLOT / 2} y={0} width={SLOT} height={HEIGHT} />
      <rect
        class="fill"
        x={x - BAR / 2}
        y={FLOOR - height}
        width={BAR}
        height={height}
        rx={Math.min(4, height / 2)}
      />
      {day.requests > 0 && (
        <text class="amount" x={x} y={FLOOR - height - 6}>
          {short(day.cost_nano_usd)}
        </text>
      )}
      <text class="day" x={x} y={HEIGHT - 4}>
        {isToday ? "Today" : weekday(day.day)}
      </text>
    </g>
  );
}

/** Seven figures side by side have no room for cents above ten dollars. */
function short(nano: number | null): string {
  if (nano === null) return "?";
  if (nano >= 9_995_000_000) return `$${Math.round(nano / 1e9).toLocaleString("en-US")}`;
  return nano > 0 && nano < 5_000_000 ? "< 1¢" : `$${(nano / 1e9).toFixed(2)}`;
}

function describe(day: Day): string {
  const unpriced =
    day.unpriced_requests > 0 ? `, ${plural(day.unpriced_requests, "request")} without a price` : "";
  return `${day.day}: ${exactMoney(day.cost_nano_usd)}, ${tokens(day.total_tokens)} tokens, ${plural(day.requests, "request")}${unpriced}`;
}

function spoken(days: Day[]): string {
  return `Cost per day. ${days.map((day) => `${weekday(day.day)} ${money(day.cost_nano_usd)}`).join(", ")}`;
}
