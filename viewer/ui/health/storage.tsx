import type { Storage } from "../../../schema/api-health.ts";
import { dayAndTime, exact, plural } from "../format.ts";
import { zone } from "../status.ts";
import { Pairs, Part } from "./parts.tsx";

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** 1 MB is 1,000,000 bytes, as disks and file managers count. */
function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** What the record takes on the disk and in memory, and what vouches for it. */
export function StoragePart({ storage }: { storage: Storage }) {
  const { archive, spool } = storage;
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
              {archive.first_day && `, ${archive.first_day} to ${archive.last_day}`}
            </>,
          ],
          ["Sealed", plural(archive.sealed_days, "day")],
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
              "none yet: days are sealed after HALL_HOT_DAYS"
            ),
          ],
        ]}
      />
    </Part>
  );
}
