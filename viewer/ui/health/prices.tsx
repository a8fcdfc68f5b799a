import { useSignal } from "@preact/signals";
import type { Health } from "../../../schema/api-health.ts";
import { plural, tokens } from "../format.ts";
import { Prose } from "../notice.tsx";
import { Copy } from "../sessions/resume.tsx";
import { useResource } from "../use-resource.ts";
import { Good, Part } from "./parts.tsx";

type Prices = Health["prices"];

/** Prices that are missing or old, and what puts them right. */
export function PricesPart({ prices }: { prices: Prices }) {
  const { unpriced, outdated, checked_on } = prices;
  return (
    <Part title="Prices" note={checked_on && `checked ${checked_on}`}>
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

const RATES = { input: "Input", output: "Output", cache_read: "Cache read" } as const;
type RateName = keyof typeof RATES;

/** A row for config.json; a rate that is not given is not in it, and only whole rows are offered. */
function rowOf(model: string, rates: Record<RateName, string>): string | null {
  const number = (text: string) => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : null);
  const [input, output, cache_read] = [number(rates.input), number(rates.output), number(rates.cache_read)];
  if (input === null || output === null) return null;
  const usd_per_mtok = { input, output, ...(cache_read !== null && { cache_read }) };
  return JSON.stringify({ model, usd_per_mtok });
}

function Unpriced({ of }: { of: Prices["unpriced"][number] }) {
  const isOpen = useSignal(false);
  const rates = useSignal<Record<RateName, string>>({ input: "", output: "", cache_read: "" });
  const { data } = useResource("GET /api/health/settings", {});
  const row = rowOf(of.model, rates.value);
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
          {(Object.entries(RATES) as [RateName, string][]).map(([name, label]) => (
            <label key={name}>
              {label} <span class="muted">$/M</span>
              <input
                inputMode="decimal"
                value={rates.value[name]}
                placeholder={name === "cache_read" ? "if known" : "0.00"}
                onInput={(e) => {
                  rates.value = { ...rates.value, [name]: e.currentTarget.value };
                }}
              />
            </label>
          ))}
          <pre class="snippet" dir="ltr">
            {row === null
              ? "Enter at least input and output, in US dollars per million tokens."
              : `"prices": [${row}]`}
          </pre>
          {row !== null && (
            <p class="muted price-note">
              <Copy text={`"prices": [${row}]`} label="Copy" name={`Copy the price of ${of.model}`} /> Add it
              to <bdi class="mono">{data?.config_path ?? "config.json"}</bdi>, then run{" "}
              <Prose text="`hall-monitor recost`." />
            </p>
          )}
        </div>
      )}
    </li>
  );
}
