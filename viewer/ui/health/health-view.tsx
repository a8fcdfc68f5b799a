import { DELETING } from "../../../schema/vendors.ts";
import { dayAndTime, plural } from "../format.ts";
import { Notice, Prose, Skeleton } from "../notice.tsx";
import { status, status_fault, zone } from "../status.ts";
import { adopt } from "../style.ts";
import rules from "../styles/health.css" with { type: "text" };
import { afterAny, useResource } from "../use-resource.ts";
import { CapturePart } from "./capture.tsx";
import { FiguresPart } from "./figures.tsx";
import { FilesPart } from "./files.tsx";
import { HooksPart } from "./hooks.tsx";
import { Good, Pairs, Part } from "./parts.tsx";
import { PricesPart } from "./prices.tsx";
import { RejectsPart } from "./rejects.tsx";
import { SettingsPart } from "./settings.tsx";
import { StoragePart } from "./storage.tsx";

adopt(rules);

/** What is stored grows all the time; a person who reads it needs no more than this. */
const FRESH = { every_ms: 5000, after: afterAny };

/** Whether the recorded data can be trusted: its problems, and their fixes. */
export function HealthView() {
  const known = status.value;
  const { data, fault } = useResource("GET /api/health", {}, FRESH);
  return (
    <div class="health">
      <div class="view-head">
        <h1>Health</h1>
        {known && (
          <p class="muted">
            v{known.version}, {known.state}, up since {dayAndTime(known.started_unix_ms, zone.value)}
          </p>
        )}
      </div>
      {fault && fault !== status_fault.value && <Notice fault={fault} />}
      {!known && !fault && <Skeleton lines={10} />}
      <div class="health-parts">
        <div class="health-column">
          <Problems />
          {data && <PricesPart prices={data.prices} />}
          {data && <FiguresPart of={data.uncertain} />}
          <Retention />
        </div>
        <div class="health-column">{data && <HooksPart health={data} />}</div>
        <CapturePart />
        {data && <RejectsPart health={data} />}
        {data && <FilesPart sources={data.sources} />}
        {data?.storage && <StoragePart storage={data.storage} />}
        <SettingsPart />
      </div>
    </div>
  );
}

function Problems() {
  const problems = status.value?.problems;
  if (!problems) return null;
  return (
    <Part title="Problems">
      {problems.length === 0 && <Good>None</Good>}
      <ul class="health-list">
        {problems.map((p) => (
          <li key={`${p.code} ${p.detail}`}>
            <strong class="bad">
              ✕ <bdi>{p.detail}</bdi>
            </strong>
            {p.hint && (
              <p class="muted">
                <Prose text={p.hint} />
              </p>
            )}
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Retention() {
  const known = status.value;
  if (!known) return null;
  const { retention } = known;
  return (
    <Part title="Transcripts">
      {!retention && <p class="muted">No files of {DELETING?.label}.</p>}
      {retention && (
        <>
          {retention.files_expiring > 0 ? (
            <p class="warn">
              ! {DELETING?.label} deletes {plural(retention.files_expiring, DELETING?.file_origin ?? "file")}{" "}
              within three days
            </p>
          ) : (
            <Good>No transcript is about to be deleted</Good>
          )}
          <Pairs
            of={[
              [`Kept by ${DELETING?.label} for`, plural(retention.cleanup_period_days, "day")],
              [
                "Oldest",
                retention.oldest_age_days === 0
                  ? "less than a day"
                  : plural(retention.oldest_age_days, "day"),
              ],
            ]}
          />
          {retention.files_expiring > 0 && (
            <p class="muted">
              <Prose text={`To keep them, ${DELETING?.keeps_files_by}. Tokens and cost stay here.`} />
            </p>
          )}
        </>
      )}
    </Part>
  );
}
