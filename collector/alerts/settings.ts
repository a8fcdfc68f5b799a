import * as z from "zod";
import { AlertFile, type AlertSettings } from "../../schema/alerts.ts";
import { AppError } from "../../schema/errors.ts";
import { readConfigFile } from "../../store/config-file.ts";

/** Alerts and budgets of config.json; without the file, the defaults. */
export function loadAlertSettings(path: string): AlertSettings {
  const read = AlertFile.safeParse(readConfigFile(path));
  if (!read.success)
    throw new AppError("bad_config", `${path}: ${z.prettifyError(read.error)}`, {
      hint: "correct `alerts`, `budgets`, `rate_of_change` or `loop_guard` in the file",
      cause: read.error,
    });
  const { alerts, budgets, rate_of_change, loop_guard } = read.data;
  return { ...alerts, budgets, rate_of_change, loop_guard };
}
