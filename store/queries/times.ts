import { percentile } from "../../schema/percentile.ts";

export type Times = {
  timed_calls: number;
  duration_ms: number;
  p50_ms: number | null;
  p95_ms: number | null;
};

/** Of `group_concat(duration_ms)`: by nearest rank, exact. */
export function toTimes(durations: string | null): Times {
  const sorted = Float64Array.from(toNumbers(durations ?? "")).sort();
  return {
    timed_calls: sorted.length,
    duration_ms: sorted.reduce((sum, ms) => sum + ms, 0),
    p50_ms: percentile(sorted, 50),
    p95_ms: percentile(sorted, 95),
  };
}

const COMMA = 44;
const ZERO = 48;
const NINE = 57;

/** `12,7,3` without a string per number, of which there may be a million; a client may have sent fractions. */
function toNumbers(text: string): number[] {
  const numbers: number[] = [];
  if (text === "") return numbers;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COMMA) {
      numbers.push(value);
      value = 0;
    } else if (code >= ZERO && code <= NINE) value = value * 10 + code - ZERO;
    else return text.split(",").map((part) => Math.max(0, Math.round(Number(part))));
  }
  numbers.push(value);
  return numbers;
}
