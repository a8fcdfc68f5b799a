import type { Health } from "../../../schema/api-health.ts";
import { exact, plural } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { behind, setQuery } from "../route.ts";
import { Good, Part } from "./parts.tsx";

/** Loaded separately with the code of long lists, so that the figures above do not wait for it. */
const RejectList = lazy(async () => (await import("./reject-list.tsx")).RejectList);

/** Lines and figures that could not be used, counted and listed; their neighbours are not affected. */
export function RejectsPart({ health }: { health: Health }) {
  const { rejects, unknown_lines, recovered_records, reduced_lines } = health;
  const all = rejects.reduce((sum, r) => sum + r.lines, 0);
  const { reason = "" } = behind.value.query;
  return (
    <Part title="Rejects" note={all > 0 ? plural(all, "line") : undefined} isWide>
      {all === 0 && <Good>No rejected lines</Good>}
      {all > 0 && (
        <>
          <div class="chips">
            {rejects.map((r) => (
              <button
                key={`${r.source} ${r.reason}`}
                type="button"
                class="quiet"
                aria-pressed={reason === `${r.source} ${r.reason}`}
                onClick={() => {
                  const own = `${r.source} ${r.reason}`;
                  setQuery({ reason: reason === own ? "" : own });
                }}
              >
                {r.source} · {r.reason.replaceAll("_", " ")} <b>{exact(r.lines)}</b>
              </button>
            ))}
          </div>
          <RejectList count={all} reason={reason} />
        </>
      )}
      {unknown_lines.length > 0 && (
        <p class="warn">
          ! Unknown to this version, update hall-monitor to read them:{" "}
          {unknown_lines.slice(0, 6).map((u, i) => (
            <span key={`${u.source} ${u.kind}`}>
              {i > 0 && ", "}
              <bdi class="mono">{u.kind}</bdi> of <bdi>{u.source}</bdi> ({exact(u.lines)})
            </span>
          ))}
          .
        </p>
      )}
      {recovered_records > 0 && (
        <p class="muted">{plural(recovered_records, "whole record")} recovered from damaged lines.</p>
      )}
      {reduced_lines > 0 && (
        <p class="muted">
          {plural(reduced_lines, "line")} of more than 16 MiB: figures are exact, texts truncated.
        </p>
      )}
    </Part>
  );
}
