import * as z from "zod";
import { LimitsFile } from "../collector/limits/settings.ts";
import { CaptureFile } from "../collector/redact/settings.ts";
import { AlertFile } from "../schema/alerts.ts";
import { PriceRow } from "../store/price-shape.ts";

/** The whole of `config.json`: its parts are declared where they are read. */
export const ConfigFile = z.strictObject({
  $schema: z.string().optional().describe("address of this schema, for editors"),
  prices: z
    .array(PriceRow)
    .default([])
    .describe("your own prices; they override the bundled prices of the same model"),
  limits: LimitsFile.optional().describe("sources of rate limits and their polling"),
  capture: CaptureFile.optional().describe("what is stored of conversations"),
  ...AlertFile.shape,
});

/** For editors: the keys of `config.json` with their descriptions. */
export function configSchema(): Record<string, unknown> {
  return {
    title: "config.json of hall-monitor",
    ...z.toJSONSchema(ConfigFile, { io: "input", unrepresentable: "any" }),
  };
}
