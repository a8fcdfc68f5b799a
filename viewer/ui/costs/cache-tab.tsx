import type { ComponentChildren } from "preact";
import type { Cache } from "../../../schema/api-cache.ts";
import { reasonWords } from "../cache-reasons.ts";
import { exact, exactMoney, money, percent, plural, tokens } from "../format.ts";
import { lazy } from "../lazy.tsx";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { range } from "../range.ts";
import { behind, sessionHref, setQuery } from "../route.ts";
import { titleOfKey } from "../session-title.ts";
import { Exact } from "../shell/tip.tsx";
import { afterUsage, useResource } from "../use-resource.ts";
import { CacheDays } from "./cache-days.tsx";
import { Share } from "./share.tsx";

const RequestList = lazy(async () => (await import("./requests.tsx")).RequestList);
/** The query reads every request of the range. */
const FRESH = { every_ms: 30_000, after: afterUsage };
const SESSIONS = 20;

/** Cache savings and losses of the range: by reason, by day, by session, and the requests that missed it. */
export function CacheTab() {
  const { source = "", project = "", account = "" } = behind.value.query;
  const scope = { ...range.value.query, source: source as "", project, account };
  const { data, fault, is_old } = useResource(
    "GET /api/cache",
    { query: { ...scope, by: "session", limit: SESSIONS } },
    FRESH,
  );
  if (!data) return fault ? <Notice fault={fault} /> : <Skeleton lines={8} />;
  if (data.total.requests === 0)
    return (
      <Empty title="No requests in this period">
        <p>Choose a longer period or remove a filter.</p>
      </Empty>
    );
  return (
    <div class={is_old ? "cache-tab is-old" : "cache-tab"}>
      {fault && <Notice fault={fault} />}
      <Figures of={data} />
      <Reasons of={data} />
      <CacheDays query={scope} />
      <Sessions of={data} />
      <section class="card" aria-labelledby="missed-title">
        <h2 id="missed-title">Requests that missed the cache</h2>
        <RequestList
          query={{ ...scope, missed: "true", sort: "lost" }}
          within="all"
          label="Cache misses, most expensive first"
        />
      </section>
    </div>
  );
}

function Figures({ of: { total } }: { of: Cache }) {
  const { saved_nano_usd: saved, lost_nano_usd: lost, write_nano_usd: written, net_nano_usd: net } = total;
  const { cache_read_input_tokens: read } = total;
  const input = read + total.cache_creation_input_tokens + total.uncached_input_tokens;
  return (
    <dl class="cache-figures">
      <Figure label="Saved" tip={`${exactMoney(saved)} less than the same tokens at the full price`}>
        <b class="good">{money(saved)}</b>
      </Figure>
      <Figure
        label="Lost"
        tip={`${exactMoney(lost)} for ${exact(total.missed_tokens)} cached tokens that were paid for again`}
      >
        <b class={lost > 0 ? "warn" : ""}>{money(lost)}</b>{" "}
        <span class="muted">{`${exact(total.misses)} ${total.misses === 1 ? "miss" : "misses"}`}</span>
      </Figure>
      <Figure
        label="Paid for writes"
        tip={`${exactMoney(written)} more than the same tokens at the full price`}
      >
        <b>{money(written)}</b>
      </Figure>
      <Figure label="Net saving" tip={signedExact(net)}>
        <b>{signed(net)}</b>
      </Figure>
      <Figure label="Input from the cache" tip={`${exact(read)} of ${exact(input)} input tokens`}>
        <b>{percent(read, input)}</b>
      </Figure>
      {total.unpriced_requests > 0 && (
        <p class="warn">{plural(total.unpriced_requests, "request")} without a known price, not included.</p>
      )}
    </dl>
  );
}

const signed = (nano: number) => (nano < 0 ? `−${money(-nano)}` : money(nano));
const signedExact = (nano: number) => (nano < 0 ? `−${exactMoney(-nano)}` : exactMoney(nano));

function Figure({ label, tip, children }: { label: string; tip: string; children: ComponentChildren }) {
  return (
    <div data-figure={label}>
      <dt>{label}</dt>
      <dd>
        <Exact tip={tip}>{children}</Exact>
      </dd>
    </div>
  );
}

/** A click filters the requests by one reason. */
function Reasons({ of: { total } }: { of: Cache }) {
  const { miss_reason = "" } = behind.value.query;
  const most = Math.max(0, ...total.reasons.map((r) => r.lost_nano_usd));
  return (
    <section class="card" aria-labelledby="reasons-title">
      <h2 id="reasons-title">Causes of cache misses</h2>
      {total.reasons.length === 0 ? (
        <p class="muted">No cached tokens were paid for again.</p>
      ) : (
        <table class="ranked cache-ranked">
          <thead>
            <tr>
              <th scope="col">Reason</th>
              <th scope="col">Share of the loss</th>
              <th scope="col" class="minor">
                Misses
              </th>
              <th scope="col" class="minor">
                Tokens
              </th>
              <th scope="col">Lost</th>
            </tr>
          </thead>
          <tbody>
            {total.reasons.map(({ reason, misses, missed_tokens, lost_nano_usd }) => (
              <tr key={reason} class={miss_reason === reason ? "is-chosen" : ""}>
                <th scope="row">
                  <button
                    type="button"
                    class="link"
                    data-row
                    aria-pressed={miss_reason === reason}
                    onClick={() => setQuery({ miss_reason: miss_reason === reason ? "" : reason })}
                  >
                    <bdi>{reasonWords(reason)}</bdi>
                  </button>
                </th>
                <Share part={lost_nano_usd} whole={total.lost_nano_usd} most={most} />
                <td class="minor">{exact(misses)}</td>
                <td class="minor" data-tip={exact(missed_tokens)}>
                  {tokens(missed_tokens)}
                </td>
                <td>
                  <Exact tip={exactMoney(lost_nano_usd)}>{money(lost_nano_usd)}</Exact>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Sessions({ of: { groups, others } }: { of: Cache }) {
  return (
    <section class="card" aria-labelledby="cache-sessions-title">
      <h2 id="cache-sessions-title">By session</h2>
      <table class="ranked cache-ranked is-figures">
        <thead>
          <tr>
            <th scope="col">Session</th>
            <th scope="col">From the cache</th>
            <th scope="col" class="minor">
              Misses
            </th>
            <th scope="col">Saved</th>
            <th scope="col">Lost</th>
          </tr>
        </thead>
        <tbody>
          {groups.map((of) => (
            <tr key={of.key}>
              <th scope="row" class="clip">
                <a class="link" href={sessionHref(of.key)} data-row>
                  <bdi>{titleOfKey(of.key, of.label)}</bdi>
                </a>
              </th>
              <td>{of.hit_percent === null ? "–" : percent(of.hit_percent, 100)}</td>
              <td class="minor">{exact(of.misses)}</td>
              <td>
                <Exact tip={exactMoney(of.saved_nano_usd)}>{money(of.saved_nano_usd)}</Exact>
              </td>
              <td class={of.lost_nano_usd > 0 ? "warn" : "muted"}>
                <Exact tip={exactMoney(of.lost_nano_usd)}>{money(of.lost_nano_usd)}</Exact>
              </td>
            </tr>
          ))}
        </tbody>
        {others.groups > 0 && (
          <tfoot>
            <tr>
              <th scope="row">{plural(others.groups, "more session")}</th>
              <td>{others.hit_percent === null ? "–" : percent(others.hit_percent, 100)}</td>
              <td class="minor">{exact(others.misses)}</td>
              <td>{money(others.saved_nano_usd)}</td>
              <td>{money(others.lost_nano_usd)}</td>
            </tr>
          </tfoot>
        )}
      </table>
    </section>
  );
}
