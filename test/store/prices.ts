import { NO_USAGE, type Usage } from "../../schema/usage.ts";
import { createPriceBook } from "../../store/price-book.ts";
import { PriceData } from "../../store/price-shape.ts";
import type { PricedRequest } from "../../store/tariff.ts";
import frozen from "../fixtures/prices/book.json";

/** The price list of 2026-11-20, so that no test changes when a vendor does. */
export const frozenBook = createPriceBook(PriceData.parse(frozen));

export function request(
  model: string,
  usage: Partial<Usage>,
  rest: Partial<Omit<PricedRequest, "usage" | "model">> & { at?: string } = {},
): PricedRequest {
  const { at = "2026-11-01T10:00:00Z", ...others } = rest;
  return {
    model,
    usage: { ...NO_USAGE, ...usage },
    time_unix_ms: Date.parse(at),
    service_tier: "standard",
    speed: "standard",
    inference_geo: "not_available",
    ...others,
  };
}
