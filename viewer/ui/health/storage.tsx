import type { EffectiveSettings, Storage } from "../../../schema/api-health.ts";
import { dayAndTime, exact, plural, shortDate } from "../format.ts";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";
import { bytes, Pairs, Part } from "./parts.tsx";

const daysOf = (first: string, last: string) =>
  first === last ? shortDate(first) : `${shortDate(first)} – ${shortDate(last)}`;

type Days = EffectiveSettings["settings"][number]["value"];

const keptFor = (days: Days) =>
  days === null
    ? "indefinitely (HALL_PRUNE_DAYS is off)"
    : `${plural(Number(days), "day")}, then in the archive only`;

const sealedAfter = (days: Days) =>
  days === null
    ? "none: HALL_HOT_DAYS is off, so no day is sealed"
    : `none yet: a day is sealed after ${plural(Number(days), "day")} (HALL_HOT_DAYS)`;

/** Disk and memory usage, and the last checksum. */
export function StoragePart({ storage }: { storage: Storage }) {
  const { archive, spool } = storage;
  const { data } = useResource("GET /api/health/settings", {});
  const settingOf = (name: string) => data?.settings.find((s) => s.name === name)?.value ?? null;
  const last = archive.last_checksum;
  const size = (count: number) => <span data-tip={`${exact(count)} bytes`}>{bytes(count)}</span>;
  return (
    <Part title="Storage">
      <Pairs
        of={[
          ["Database", size(storage.database_bytes)],
          ["Write-ahead log", size(storage.wal_bytes)],
          ["Memory", size(storage.memory_bytes)],
          [
            "Waiting to be read",
            spool.bytes === 0 ? "nothing" : `${bytes(spool.bytes)} in ${plural(spool.files, "file")}`,
          ],
          [
            "Archive",
            <>
              {size(archive.bytes)} in {plural(archive.segments, "file")}
              {archive.first_day && `, ${daysOf(archive.first_day, archive.last_day ?? archive.first_day)}`}
            </>,
          ],
          ["Sealed", plural(archive.sealed_days, "day")],
          ["Usage and cost are kept", "indefinitely"],
          ["Bodies of events are kept", data && keptFor(settingOf("HALL_PRUNE_DAYS"))],
          [
            "Last checksum",
            last ? (
              <>
                <bdi class="mono" data-tip={last.sha256}>
                  {last.sha256.slice(0, 16)}…
                </bdi>{" "}
                of {last.day}, made {dayAndTime(last.sealed_unix_ms, zone.value)}
              </>
            ) : (
              data && sealedAfter(settingOf("HALL_HOT_DAYS"))
            ),
          ],
        ]}
      />
    </Part>
  );
}
