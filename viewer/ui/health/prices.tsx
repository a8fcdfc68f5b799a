import { useSignal } from "@preact/signals";
import type { Health } from "../../../schema/api-health.ts";
import { recordOf } from "../../../schema/record-of.ts";
import { escapeAfterJson } from "../../../schema/text.ts";
import { byRate, COST_LABELS, RATE_ITEMS, type RateItem } from "../../../schema/usage-kinds.ts";
import { now } from "../clock.ts";
import { ago, plural, shortDate, tokens } from "../format.ts";
import { Prose } from "../notice.tsx";
import { Copy } from "../sessions/resume.tsx";
import { useResource } from "../use-resource.ts";
import { Good, Part } from "./parts.tsx";

type Prices = Health["prices"];

/** Missing or outdated prices, and how to fix them. */
export function PricesPart({ prices }: { prices: Prices }) {
  const { unpriced, outdated, checked_on } = prices;
  return (
    <Part title="Prices" note={checked_on && <Checked on={checked_on} />}>
      {unpriced.length === 0 && <Good>Every request has a price</Good>}
      <ul class="health-list">
        {unpriced.map((m) => (
          <Unpriced key={m.model} of={m} />
        ))}
      </ul>
      {outdated.length > 0 && (
        <p class="warn">
          ! Prices no longer confirmed:{" "}
          {outdated.map((m, i) => (
            <span key={m.model}>
              {i > 0 && ", "}
              <bdi class="mono">{m.model}</bdi> until {m.until}
            </span>
          ))}
        </p>
      )}
    </Part>
  );
}

function Checked({ on }: { on: string }) {
  return (
    <>
      checked {shortDate(on)}, {ago(Date.parse(`${on}T12:00:00Z`), now.value)}
    </>
  );
}

type Rates = Record<RateItem, string>;
const NEEDED = byRate(true, false);
const NO_RATES = recordOf(RATE_ITEMS, () => "");
const toNumber = (text: string) => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null);

/** The entry for config.json: complete once every required rate is entered; `…` marks missing ones. */
function snippetOf(model: string, rates: Rates): { text: string; isWhole: boolean } {
  const given = RATE_ITEMS.map((item) => [item, toNumber(rates[item])] as const).filter(
    ([item, usd]) => NEEDED[item] || usd !== null,
  );
  const fields = given.map(([item, usd]) => `"${item}":${usd ?? "…"}`).join(",");
  return {
    text: `"prices": [{"model":${escapeAfterJson(JSON.stringify(model))},"usd_per_mtok":{${fields}}}]`,
    isWhole: given.every(([, usd]) => usd !== null),
  };
}

function Unpriced({ of }: { of: Prices["unpriced"][number] }) {
  const isOpen = useSignal(false);
  const rates = useSignal<Rates>(NO_RATES);
  const { data } = useResource("GET /api/health/settings", {});
  const { text, isWhole } = snippetOf(of.model, rates.value);
  const id = `price-${of.model.replaceAll(/[^\w-]/g, "_")}`;
  return (
    <li>
      <p>
        <bdi class="mono">{of.model || "unnamed model"}</bdi>:{" "}
        <span class="warn">
          {tokens(of.tokens)} tokens in {plural(of.requests, "request")}
        </span>{" "}
        without a price{of.note && `; ${of.note}`}{" "}
        {of.model && (
          <button
            type="button"
            class="link"
            aria-expanded={isOpen.value}
            aria-controls={id}
            onClick={() => {
              isOpen.value = !isOpen.value;
            }}
          >
            set a price
          </button>
        )}
      </p>
      {isOpen.value && (
        <div class="price-form" id={id}>
          {RATE_ITEMS.map((item) => (
            <label key={item}>
              {COST_LABELS[item]} <span class="muted">$/M</span>
              <input
                inputMode="decimal"
                value={rates.value[item]}
                placeholder={NEEDED[item] ? "0.00" : "if known"}
                onInput={(e) => {
                  rates.value = { ...rates.value, [item]: e.currentTarget.value };
                }}
              />
            </label>
          ))}
          <pre class="snippet" dir="ltr">
            {text}
          </pre>
          <p class="muted price-note">
            {isWhole ? (
              <>
                <Copy text={text} label="Copy" name={`Copy the price of ${of.model}`} /> Add it to{" "}
                <bdi class="mono">{data?.config_path ?? "config.json"}</bdi>, next to the existing entries,
                then run <Prose text="`hall-monitor recost`." />
              </>
            ) : (
              "Enter at least input and output, in US dollars per million tokens."
            )}
          </p>
        </div>
      )}
    </li>
  );
}
