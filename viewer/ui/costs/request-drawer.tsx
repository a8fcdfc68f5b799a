import type { ComponentChildren } from "preact";
import type { RequestDetail } from "../../../schema/api-requests.ts";
import { pagePath } from "../../../schema/pages.ts";
import { projectName } from "../../../schema/projects.ts";
import { FLAG_TEXTS } from "../../../schema/quality-flags.ts";
import { COST_LABELS } from "../../../schema/usage-kinds.ts";
import { shortModel } from "../../event-labels.ts";
import { reasonWords } from "../cache-reasons.ts";
import { Heads } from "../chart/table-box.tsx";
import { Drawer } from "../drawer.tsx";
import { dayAndTime, duration, exact, exactMoney, money, plural, tokens } from "../format.ts";
import { Notice, Skeleton } from "../notice.tsx";
import { behind, go, route, sessionHref, toPath } from "../route.ts";
import { plain, titleOfKey } from "../session-title.ts";
import { Copy } from "../sessions/resume.tsx";
import { zone } from "../status.ts";
import { useResource } from "../use-resource.ts";

const leave = () => go(toPath(behind.value));

/** Explains the cost of a request: items, price row, and its line in the source file. */
export function RequestDrawer() {
  return (
    <Drawer title="request-title" onLeave={leave}>
      <header>
        <h2 id="request-title">Why this cost</h2>
        <button type="button" class="quiet" onClick={leave}>
          Close
        </button>
      </header>
      <Detail id={route.value.params.key ?? ""} />
    </Drawer>
  );
}

function Detail({ id }: { id: string }) {
  const { data, fault } = useResource("GET /api/requests/:id", { params: { id } });
  if (!data) return fault ? <Notice fault={fault} /> : <Skeleton lines={8} />;
  const project = data.project_path === null ? null : projectName(data.project_path);
  const prompt = plain(data.prompt ?? "").replace(/\s+/g, " ");
  return (
    <>
      <p class="drawer-sum">
        <b class="value">{money(data.cost_nano_usd)}</b>{" "}
        <span class="muted">
          {[
            data.cost_nano_usd !== null && isRounded(data.cost_nano_usd) && exactMoney(data.cost_nano_usd),
            data.unpriced_reason,
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </p>
      <dl class="pairs">
        <Pair name="When">{dayAndTime(data.time_unix_ms, zone.value)}</Pair>
        <Pair name="Model">
          <bdi>{shortModel(data.model)}</bdi>
        </Pair>
        <Pair name="Session">
          <a class="link" href={sessionHref(data.session_key)}>
            <bdi dir="auto">{titleOfKey(data.session_key, data.title, project)}</bdi>
          </a>
        </Pair>
        {prompt !== "" && (
          <Pair name="Prompt">
            <a
              class="link"
              href={pagePath("session", { key: data.session_key }, { at: `t${data.prompt_id}` })}
            >
              <bdi dir="auto">{prompt}</bdi>
            </a>
          </Pair>
        )}
        <Pair name="Thread">
          {data.agent_id === "" ? "main thread" : <bdi>{data.attribution.agent_type ?? data.agent_id}</bdi>}
        </Pair>
        <CacheMissed of={data} />
        {data.failed_tool_calls > 0 && (
          <Pair name="Failed">
            <span class="bad">✕ {plural(data.failed_tool_calls, "tool call")} of it</span>
          </Pair>
        )}
        {(Object.keys(ATTRIBUTION) as (keyof typeof ATTRIBUTION)[]).map((name) => {
          const value = data.attribution[name];
          return value === null ? null : (
            <Pair key={name} name={ATTRIBUTION[name]}>
              <bdi dir="auto">{name === "thinking_ms" ? duration(Number(value)) : String(value)}</bdi>
            </Pair>
          );
        })}
        {data.flags.length > 0 && (
          <Pair name="Uncertain">{data.flags.map((flag) => FLAG_TEXTS[flag]).join("; ")}</Pair>
        )}
      </dl>
      <LineItems of={data} />
      <PriceSection of={data} />
      <Origin of={data} />
    </>
  );
}

/** Kinds without tokens do not contribute to the cost. */
const isBilled = (item: RequestDetail["line_items"][number]) =>
  item.billed_quantity > 0 || (item.cost_nano_usd ?? 0) > 0;
const isRounded = (nano: number) => exactMoney(nano).length > money(nano).length;
/** 0.50, 6.25, 10.00: points under one another. A more precise price keeps its digits. */
const perMillion = (usd: number) => (Number.isInteger(usd * 100) ? usd.toFixed(2) : String(usd));

/** The client's data about the response as text, without what is shown elsewhere. */
const ATTRIBUTION = {
  query_source: "Made for",
  skill: "Skill",
  plugin: "Plugin",
  mcp_server: "MCP server",
  mcp_tool: "MCP tool",
  effort: "Effort",
  thinking_ms: "Thought for",
  git_branch: "Branch",
  origin: "Source",
} as const;

function CacheMissed({ of: { cache_miss: miss } }: { of: RequestDetail }) {
  if (!miss) return null;
  const { reason, missed_tokens, lost_nano_usd, idle_ms } = miss;
  return (
    <Pair name="Cache missed">
      <span class="warn">
        <bdi>{reasonWords(reason)}</bdi>
        {reason === "idle" && idle_ms !== null && `, ${duration(idle_ms)}`}
      </span>
      {` · ${tokens(missed_tokens)} tokens paid for again, ${money(lost_nano_usd)} lost`}
    </Pair>
  );
}

function Pair({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function LineItems({ of }: { of: RequestDetail }) {
  return (
    <section aria-labelledby="items-title">
      <h3 id="items-title">Items</h3>
      <table class="figures-table">
        <Heads of={["Item", "Billed", "$ per million", "Cost"]} />
        <tbody>
          {of.line_items.filter(isBilled).map((item) => (
            <tr key={item.item}>
              <th scope="row">
                {COST_LABELS[item.item]}
                {!item.is_exact && " ≈"}
              </th>
              <td data-tip={exact(item.billed_quantity)}>
                {item.item === "web_search" ? item.billed_quantity : tokens(item.billed_quantity)}
              </td>
              <td>{item.usd_per_mtok === null ? "–" : perMillion(item.usd_per_mtok)}</td>
              <td data-tip={exactMoney(item.cost_nano_usd)}>{money(item.cost_nano_usd)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {of.multipliers.length > 0 && (
        <p class="muted">
          Times {of.multipliers.map((m) => `${m.factor} (${m.name.replaceAll("_", " ")})`).join(" × ")}
        </p>
      )}
    </section>
  );
}

function PriceSection({ of: { price, price_is_current } }: { of: RequestDetail }) {
  return (
    <section aria-labelledby="price-title">
      <h3 id="price-title">Price row</h3>
      {price ? (
        <p>
          <code>{price.price_id}</code> of <bdi>{price.vendor}</bdi>, valid from {price.from ?? "the start"}{" "}
          until {price.until ?? "now"}
          {price.above_tokens !== null && `, above ${exact(price.above_tokens)} tokens`}
          <br />
          <a class="link" href={price.source_url} target="_blank" rel="noreferrer noopener">
            {price.source_url}
          </a>
          {price.checked_on && (
            <span class="muted">
              {" "}
              checked on <span class="date">{price.checked_on}</span>
            </span>
          )}
          {!price_is_current && <span class="warn"> The current price book gives another cost.</span>}
        </p>
      ) : (
        <p class="warn">No price is known for this model.</p>
      )}
    </section>
  );
}

function Origin({ of }: { of: RequestDetail }) {
  return (
    <section aria-labelledby="origin-title">
      <h3 id="origin-title">Read from</h3>
      {of.source_path ? (
        <p>
          <bdi class="mono path">{of.source_path}</bdi>
          <br />
          byte {exact(of.source_offset_bytes ?? 0)}{" "}
          <Copy text={`${of.source_path}:${of.source_offset_bytes ?? 0}`} label="Copy path and offset" />
          {!of.source_available && <span class="warn"> · the file was deleted, the record remains</span>}
        </p>
      ) : (
        <p class="muted">This request is in no transcript.</p>
      )}
      <p class="muted">
        Recorded as <bdi class="mono path">{of.request_key}</bdi>
      </p>
      {of.copies.length > 0 && (
        <p class="muted">
          Counted once; {plural(of.copies.length, "more session")}{" "}
          {of.copies.length === 1 ? "contains" : "contain"} it.
        </p>
      )}
    </section>
  );
}
