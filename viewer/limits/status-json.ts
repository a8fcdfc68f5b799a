import type { SlotStatus, StatusDocument } from "../../schema/api-limits.ts";
import { mainLimitId, type SourceHealth } from "../../schema/rate-limits.ts";
import { SLOT_ORDER } from "../../schema/vendors.ts";
import { toLabel } from "../prometheus/labels.ts";
import { type CurrentWindow, mainAccount } from "./current.ts";

const NOTHING: Omit<SlotStatus, "source" | "account"> = {
  status: "bootstrap",
  ok: false,
  usable: false,
  depleted: false,
  score: null,
  reason: "no_reading_yet",
  ts_epoch: null,
  windows: {},
};

/** One slot for each account, the main Codex one also at the top, where single-slot readers expect it. */
export function statusDocument(
  windows: readonly CurrentWindow[],
  health: readonly SourceHealth[],
  now: number,
): StatusDocument {
  const names = new Map(
    [...windows, ...health].map(({ source, account }) => [`${source} ${account}`, { source, account }]),
  );
  const accounts = [...names.values()].map(({ source, account }) =>
    toSlot(
      source,
      account,
      windows.filter((w) => w.source === source && w.account === account),
      health.filter((h) => h.source === source && h.account === account),
      now,
    ),
  );
  const first = SLOT_ORDER.flatMap((source) => {
    const main = mainAccount(windows.filter((w) => w.source === source));
    return accounts.find((a) => a.source === source && a.account === (main ?? a.account)) ?? [];
  })[0];
  const { source: _s, account: _a, ...top } = first ?? { source: null, account: null, ...NOTHING };
  return { ...top, accounts };
}

function toSlot(
  source: SlotStatus["source"],
  account: string,
  all: CurrentWindow[],
  health: SourceHealth[],
  now: number,
): SlotStatus {
  const known = all.filter((w) => w.used_percent !== null);
  const shown = toLabel(account);
  const isFailing = health.length > 0 && health.every((h) => h.consecutive_failures > 0);
  const failure = health.findLast((h) => h.last_failure_class !== null)?.last_failure_class ?? null;
  if (all.length === 0)
    return { source, account: shown, ...NOTHING, ...(isFailing && { status: "error", reason: failure }) };
  const score = known.length === 0 ? null : Math.min(...known.map((w) => w.remaining_percent ?? 100));
  const depleted = score !== null && score <= 0;
  const ok = !isFailing;
  return {
    source,
    account: shown,
    status: ok ? "ok" : "error",
    ok,
    usable: ok && !depleted && known.length > 0,
    depleted,
    score,
    reason: !ok ? failure : depleted ? "depleted" : known.length === 0 ? "no_current_window" : null,
    ts_epoch: Math.min(now, Math.max(...all.map((w) => w.time_unix_ms))) / 1000,
    windows: Object.fromEntries(known.map((w) => [windowKey(w), toSlotWindow(w)])),
  };
}

/** Another limit id than the main one is distinguished by its name. */
function windowKey(w: CurrentWindow): string {
  return w.limit_id === mainLimitId(w.source)
    ? toLabel(w.window)
    : `${toLabel(w.limit_id)}:${toLabel(w.window)}`;
}

function toSlotWindow(w: CurrentWindow): SlotStatus["windows"][string] {
  return {
    used_percent: w.used_percent ?? 0,
    remaining_percent: w.remaining_percent ?? 0,
    resets_at_epoch: w.resets_at_unix_ms === null ? null : w.resets_at_unix_ms / 1000,
    stale: w.state === "stale",
  };
}
