import { AlertFile, type AlertSettings } from "../../schema/alerts.ts";
import { readConfigPart } from "../../store/config-faults.ts";

/** Alerts and budgets of config.json; without the file, the defaults. */
export function loadAlertSettings(path: string): AlertSettings {
  const { alerts, budgets, rate_of_change, loop_guard } = readConfigPart(path, AlertFile);
  return { ...alerts, budgets, rate_of_change, loop_guard };
}
