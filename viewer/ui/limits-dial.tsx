import type { LimitDial } from "../../schema/api-limits.ts";
import { now } from "./clock.ts";
import { dayAndTime } from "./format.ts";
import { Sparkline } from "./limits-spark.tsx";
import {
  countdown,
  elapsedOf,
  isOld,
  isOver,
  outlook,
  provenance,
  shownValue,
  toneOf,
} from "./limits-words.ts";
import { zone } from "./status.ts";

const CENTER = 60;
const RADIUS = 50;
/** The gap is at the bottom, where the reset stands. */
const START_DEGREES = 150;
const SWEEP_DEGREES = 240;

function point(share: number, radius: number): string {
  const angle = ((START_DEGREES + SWEEP_DEGREES * share) * Math.PI) / 180;
  return `${(CENTER + radius * Math.cos(angle)).toFixed(2)} ${(CENTER + radius * Math.sin(angle)).toFixed(2)}`;
}

const ARC = `M ${point(0, RADIUS)} A ${RADIUS} ${RADIUS} 0 1 1 ${point(1, RADIUS)}`;

export function Dial({ dial }: { dial: LimitDial }) {
  const at = now.value;
  const tone = toneOf(dial, at);
  const old = isOld(dial, at);
  const value = shownValue(dial, at);
  const account = dial.account === null || dial.account === "default" ? "" : dial.account;
  return (
    <li class={`dial is-${tone}${old ? " is-stale" : ""}`} data-dial={dial.dial}>
      <p class="dial-title clip" title={`${dial.title}${account && `, ${account}`}`}>
        <b>{dial.dial}</b> {dial.title}
        {account && <em> · {account}</em>}
      </p>
      <div class="dial-face">
        <Gauge
          used={tone === "none" ? 0 : (dial.used_percent ?? 0)}
          elapsed={elapsedOf(dial, at)}
          tone={tone}
        />
        <span class="dial-value" title={dial.used_percent === null ? "" : `${dial.used_percent} % used`}>
          {value}
        </span>
      </div>
      {dial.state !== "not_reported" && <Course dial={dial} at={at} />}
      <p class="dial-age clip" title={dayAndTime(dial.time_unix_ms, zone.value)}>
        {provenance(dial, at)}
        {old && !isOver(dial, at) && <span class="hidden"> The value is too old to trust.</span>}
      </p>
    </li>
  );
}

/** Where it goes and where it came from. */
function Course({ dial, at }: { dial: LimitDial; at: number }) {
  const text = outlook(dial, at, zone.value);
  const isBad = text.startsWith("runs out") || text === "used up";
  return (
    <>
      <p class="dial-reset" title={dayAndTime(dial.resets_at_unix_ms, zone.value)}>
        {countdown(dial, at) || "\u00a0"}
      </p>
      <p class={isBad ? "dial-outlook bad" : "dial-outlook"}>{text || "\u00a0"}</p>
      <Sparkline of={dial} />
    </>
  );
}

/** The arc is what is used; the tick stands where an even use would be now. */
function Gauge({ used, elapsed, tone }: { used: number; elapsed: number | undefined; tone: string }) {
  const share = Math.min(100, used);
  return (
    <svg viewBox="0 0 120 92" aria-hidden="true">
      <path class="track" d={ARC} />
      {share > 0 && <path class="fill" d={ARC} pathLength={100} stroke-dasharray={`${share} 200`} />}
      {elapsed !== undefined && tone !== "none" && (
        <path class="tick" d={`M ${point(elapsed, RADIUS - 8)} L ${point(elapsed, RADIUS + 8)}`} />
      )}
    </svg>
  );
}
