import type { RateLimitSample } from "../../schema/batch.ts";
import type { VendorName } from "../../schema/vendors.ts";
import {
  type ClaudeOrigin,
  fromOAuthUsage,
  fromRateLimitEvent,
  fromStatusline,
} from "../sources/claude/rate-limits.ts";
import type { Json } from "./reading.ts";

type Shape = (output: Json, of: ClaudeOrigin) => RateLimitSample[];

/** What a status program of an agent may print beside ccTrack's line; the first that gives a sample holds. */
export const OUTPUT_SHAPES: Record<VendorName, readonly Shape[]> = {
  claude: [({ rate_limits }, of) => fromStatusline(rate_limits, of), fromRateLimitEvent, fromOAuthUsage],
  codex: [],
};
