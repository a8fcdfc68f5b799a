import { join } from "node:path";
import { createDelivery, type Receiver } from "../collector/alerts/delivery.ts";
import { createDesktop } from "../collector/alerts/desktop.ts";
import { loadAlertSettings } from "../collector/alerts/settings.ts";
import { type AlertParts, createAlerts } from "../collector/alerts/watch.ts";
import { createWebhook } from "../collector/alerts/webhook.ts";
import type { Beat } from "../collector/beat.ts";
import type { AlertSettings, Budget, Delivery } from "../schema/alerts.ts";
import type { Config } from "../schema/config.ts";
import { alertQueries } from "../store/alerts.ts";
import type { Pipeline } from "./pipeline.ts";

export function alertSettings(config: Pick<Config, "data_dir">): AlertSettings {
  return loadAlertSettings(join(config.data_dir, "config.json"));
}

export type Alerts = {
  is_dry_run: boolean;
  budgets: Budget[];
  deliveries(): Delivery[];
  start(): void;
  stop(): Promise<void>;
};

type Parts = Pick<AlertParts, "reader" | "time_zone" | "limits" | "capture" | "activity" | "log"> & {
  /** Search path of the notification program. */
  path: string;
  beat: Beat;
};

/** Evaluates alerts and sends notices between start and stop; undefined if the settings turn it off. */
export function openAlerts(
  settings: AlertSettings,
  { bus, store }: Pick<Pipeline, "bus" | "store">,
  parts: Parts,
): Alerts | undefined {
  if (!settings.enabled) return undefined;
  const queries = alertQueries(parts.reader);
  const deliveries = receivers(settings, parts).map((r) => createDelivery(r, { queries, store }));
  const onEvaluated = () => {
    for (const delivery of deliveries) void delivery.wake();
  };
  const watch = createAlerts({ ...parts, metrics: bus, store, settings, onEvaluated });
  let stopWatching: (() => void) | undefined;
  return {
    is_dry_run: settings.dry_run,
    budgets: settings.budgets,
    deliveries: () => deliveries.map((d) => d.status()),
    start() {
      stopWatching = watch.start(parts.beat);
    },
    async stop() {
      stopWatching?.();
      await Promise.all(deliveries.map((d) => d.stop()));
    },
  };
}

function receivers(settings: AlertSettings, { log, path }: Parts): Receiver[] {
  const desktop = settings.desktop ? createDesktop(path) : undefined;
  if (settings.desktop && !desktop)
    log?.("alerts: notify-send or osascript not found, so desktop notifications are off");
  return [...(settings.webhook ? [createWebhook(settings.webhook)] : []), ...(desktop ? [desktop] : [])];
}
