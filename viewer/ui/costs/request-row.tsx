import type { RequestSummary } from "../../../schema/api-requests.ts";
import { pagePath } from "../../../schema/pages.ts";
import { projectName } from "../../../schema/projects.ts";
import { shortModel } from "../../event-labels.ts";
import { reasonWords } from "../cache-reasons.ts";
import { now } from "../clock.ts";
import {
  clock,
  dayAndTime,
  exact,
  exactMoney,
  money,
  percent,
  plural,
  shortMoment,
  tokens,
} from "../format.ts";
import { plain, titleOfKey } from "../session-title.ts";
import { zone } from "../status.ts";

/** Whether all rows are of one session. */
export type Within = "session" | "all";
type Place = { top: number; index: number; measure(element: HTMLElement | null): void };

const COLUMNS = {
  time: "Time",
  what: "Session and prompt",
  model: "Model",
  tokens: "Tokens in · out",
  cached: "Cached",
  marks: "Marks",
  cost: "Cost",
} as const;

export function RequestHeads({ within }: { within: Within }) {
  return (
    <div role="rowgroup">
      <div role="row" class="request-line request-heads" aria-rowindex={1}>
        {Object.entries(COLUMNS).map(([name, label]) => (
          <span key={name} role="columnheader" class={`cell-${name}`}>
            {name === "what" && within === "session" ? "Prompt and thread" : label}
          </span>
        ))}
      </div>
    </div>
  );
}

export function RequestLine(props: { row: RequestSummary; within: Within; place: Place }) {
  const { row, within, place } = props;
  const { tokens: used } = row;
  return (
    <div
      role="row"
      class="request-line"
      style={{ "--top": `${place.top}px` }}
      data-index={place.index}
      data-seq={row.seq}
      ref={place.measure}
      aria-rowindex={place.index + 2}
    >
      <span role="cell" class="cell-time" data-tip={dayAndTime(row.time_unix_ms, zone.value)}>
        {within === "session"
          ? clock(row.time_unix_ms, zone.value)
          : shortMoment(row.time_unix_ms, now.value, zone.value)}
      </span>
      <span role="cell" class="cell-what clip">
        <a class="request" href={pagePath("request", { key: String(row.seq) })} data-row>
          <What row={row} within={within} />
        </a>
      </span>
      <span role="cell" class="cell-model clip">
        <bdi>{shortModel(row.model)}</bdi>
      </span>
      <span
        role="cell"
        class="cell-tokens"
        data-tip={`${exact(used.input_tokens)} in, ${exact(used.output_tokens)} out`}
      >
        {tokens(used.input_tokens)} · {tokens(used.output_tokens)}
      </span>
      <span
        role="cell"
        class="cell-cached"
        data-tip={`${exact(used.cache_read_input_tokens)} from the cache`}
      >
        {percent(used.cache_read_input_tokens, used.input_tokens)}
      </span>
      <span role="cell" class="cell-marks">
        <Marks row={row} />
      </span>
      <span role="cell" class="cell-cost" data-tip={exactMoney(row.cost_nano_usd)}>
        {row.cost_nano_usd === null ? "no price" : money(row.cost_nano_usd)}
      </span>
    </div>
  );
}

/** Purpose of a request: the session, if there are several, and the prompt. */
function What({ row, within }: { row: RequestSummary; within: Within }) {
  const prompt = plain(row.prompt ?? "").replace(/\s+/g, " ");
  const thread = threadOf(row);
  if (within === "session")
    return (
      <>
        <bdi dir="auto">{prompt || "no prompt"}</bdi> <bdi class="muted">{thread}</bdi>
      </>
    );
  const project = row.project_path === null ? null : projectName(row.project_path);
  const title = titleOfKey(row.session_key, row.title, project);
  return (
    <>
      <bdi dir="auto">{title}</bdi>{" "}
      <bdi class="muted" dir="auto">
        {prompt !== "" && prompt !== title ? prompt : thread}
      </bdi>
    </>
  );
}

/** The sender: a thread, or an internal call of the client. */
function threadOf({ parent_key, request_key, agent_id, attribution }: RequestSummary): string {
  const { query_source, agent_type } = attribution;
  const part =
    parent_key === null ? query_source : request_key.slice(parent_key.length + 1).replace(/:.*/s, "");
  if (part) return part.replaceAll("_", " ");
  return agent_id === "" ? "main thread" : agent_type || "sub-agent";
}

function Marks({ row: { cache_miss: miss, failed_tool_calls: failed } }: { row: RequestSummary }) {
  return (
    <>
      {miss && (
        <span
          class="warn"
          data-tip={`${exact(miss.missed_tokens)} cached tokens were paid for again: ${exactMoney(miss.lost_nano_usd)}`}
        >
          ! missed: <bdi>{reasonWords(miss.reason)}</bdi>
          {miss.lost_nano_usd !== null && `, ${money(miss.lost_nano_usd)}`}
        </span>
      )}
      {failed > 0 && (
        <span class="bad" data-tip={`${plural(failed, "tool call")} of this request failed`}>
          ✕ {plural(failed, "call")} failed
        </span>
      )}
    </>
  );
}
