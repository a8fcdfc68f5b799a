import type { CaptureMode } from "../../schema/capture.ts";
import { VENDORS, type VendorName, vendorsWith } from "../../schema/vendors.ts";
import type { Compared } from "../../store/queries/reconcile.ts";
import type { Verdict } from "./engine.ts";
import { NOTHING } from "./limit-rules.ts";

const FOR_MS = 5 * 60_000;
/** Share of the client's own total. */
const MOST_PERCENT = 2;

export type Captured = { agent: VendorName; mode: CaptureMode; reason: string };

/** An agent with no recording of the live part, or of anything, for five minutes. */
export function captureDegraded({ agent, mode, reason }: Captured): Verdict {
  const key = `capture_degraded:${agent}`;
  const isLost = mode === "FAILURE";
  if (!isLost && mode !== "DEGRADED_STREAMING") return { key, is: "fine" };
  const facts = {
    rule: "capture_degraded",
    name: "capture.degraded",
    severity: isLost ? "critical" : "warning",
    level: 0,
    title: isLost ? `${agent} is not recorded` : `${agent}: live recording does not work`,
    detail: reason.slice(0, 300),
    value: null,
    threshold: FOR_MS / 1000,
    unit: "seconds",
    ...NOTHING,
    source: agent,
  } as const;
  return { key, is: "bad", facts, for_ms: FOR_MS };
}

/** The unexplained part of the client's own totals of a week. */
export function costUnexplained(sessions: readonly Compared[]): Verdict {
  const key = "cost_unexplained";
  const compared = sessions.filter((s) => s.client_nano_usd !== null);
  const client = compared.reduce((sum, s) => sum + (s.client_nano_usd ?? 0), 0);
  const off = compared.reduce((sum, s) => sum + Math.abs(s.difference_nano_usd ?? 0), 0);
  const percent = client === 0 ? 0 : (100 * off) / client;
  if (percent <= MOST_PERCENT) return { key, is: "fine" };
  const source = vendorsWith("keeps_totals")[0]!;
  const facts = {
    rule: "cost_unexplained",
    name: "cost.unexplained",
    severity: "warning",
    level: 0,
    title: `${percent.toFixed(1)} % of ${VENDORS[source].label}'s own total is unexplained`,
    detail: `${compared.length} ${compared.length === 1 ? "session" : "sessions"} of the last week; \`hall-monitor reconcile\` names each difference`,
    value: percent,
    threshold: MOST_PERCENT,
    unit: "percent",
    ...NOTHING,
    source,
  } as const;
  return { key, is: "bad", facts };
}
