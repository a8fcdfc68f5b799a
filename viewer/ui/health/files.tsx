import type { SourceFiles } from "../../../schema/api-health.ts";
import { Heads } from "../chart/table-box.tsx";
import { now } from "../clock.ts";
import { ago, exact, plural } from "../format.ts";
import { status } from "../status.ts";
import { bytes, Pairs, Part } from "./parts.tsx";

/** The files of each source, their unread part, and the results of reading them. */
export function FilesPart({ sources }: { sources: SourceFiles[] }) {
  const known = status.value;
  if (!known) return null;
  const { watch, counters, backfill, pipeline } = known;
  return (
    <Part title="Files" note={ago(watch.last_scan_unix_ms, now.value)}>
      {sources.length > 0 && <Sources of={sources} />}
      <Pairs
        of={[
          [
            "Watched",
            `${plural(watch.files, "file")} in ${plural(watch.folders, "folder")}, by ${watch.mode}`,
          ],
          ["History", backfill.done ? `${exact(backfill.files_done)} files read` : "being read"],
          ["Lines read", exact(counters.lines_read)],
          ["Read twice, counted once", exact(counters.duplicates)],
          ["Events stored", exact(counters.events_committed)],
          ["Requests stored", exact(counters.requests_committed)],
          [
            "Missed by the watcher",
            pipeline.found_by_scan === 0
              ? "none"
              : `${plural(pipeline.found_by_scan, "change")}, found by the next scan`,
          ],
          ["Streams open", exact(counters.sse_clients)],
        ]}
      />
      <p class="muted">Counts are since the daemon started.</p>
    </Part>
  );
}

function Sources({ of }: { of: SourceFiles[] }) {
  return (
    <table class="health-table files">
      <Heads of={["Source", "Files", "Size", "Behind", "Rejects", "Last change"]} />
      <tbody>
        {of.map((s) => (
          <tr key={s.source} data-source={s.source}>
            <th scope="row">{s.source}</th>
            <td>{exact(s.files)}</td>
            <td>{bytes(s.bytes)}</td>
            <td class={s.unread_bytes > 0 ? "behind warn" : "behind good-line"}>
              {s.unread_bytes > 0 ? bytes(s.unread_bytes) : "nothing"}
            </td>
            <td class={s.rejects > 0 ? "rejected warn" : "rejected"}>{exact(s.rejects)}</td>
            <td>{ago(s.changed_unix_ms, now.value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
