import type { LimitWindow } from "../../../schema/api-limits.ts";
import { FiguresTable } from "../chart/table-box.tsx";
import { now } from "../clock.ts";
import { ago, dayAndTime, plural, shortMoment } from "../format.ts";
import { Notice } from "../notice.tsx";
import { zone } from "../status.ts";
import { useSamples } from "./readings.ts";

const SHOWN = 50;

/** The samples with source and time: the data of the curve. */
export function Samples({ window: w }: { window: LimitWindow }) {
  const { samples, fault, is_loaded } = useSamples(w);
  const newest = samples.toReversed().slice(0, SHOWN);
  return (
    <section class="card" aria-labelledby="samples-title">
      <h2 id="samples-title">Samples of the last 24 hours {is_loaded && `(${samples.length})`}</h2>
      {fault && <Notice fault={fault} />}
      {is_loaded && samples.length === 0 && (
        <p class="muted">None; the last sample was taken {ago(w.time_unix_ms, now.value)}.</p>
      )}
      {newest.length > 0 && (
        <FiguresTable label="Samples" heads={["Sampled", "Used", "From", "Resets"]}>
          {newest.map((p) => (
            <tr key={`${p.time_unix_ms} ${p.origin} ${p.used_percent}`}>
              <th scope="row" data-tip={dayAndTime(p.time_unix_ms, zone.value)}>
                {shortMoment(p.time_unix_ms, now.value, zone.value)}
              </th>
              <td>{p.used_percent} %</td>
              <td>{p.origin.replaceAll("_", " ")}</td>
              <td data-tip={dayAndTime(p.resets_at_unix_ms, zone.value)}>
                {shortMoment(p.resets_at_unix_ms, now.value, zone.value)}
              </td>
            </tr>
          ))}
        </FiguresTable>
      )}
      {samples.length > SHOWN && (
        <p class="faint">{plural(samples.length - SHOWN, "older sample")} not shown</p>
      )}
    </section>
  );
}
