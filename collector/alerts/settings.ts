import { existsSync, readFileSync } from "node:fs";
import * as z from "zod";
import { AlertFile, type AlertSettings } from "../../schema/alerts.ts";
import { AppError } from "../../schema/errors.ts";

/** What config.json says of alerts and budgets; without the file, the defaults. */
export function loadAlertSettings(path: string): AlertSettings {
  const bad = (message: string, cause?: unknown) =>
    new AppError("bad_config", `${path}: ${message}`, {
      hint: "correct `alerts`, `budgets` or `rate_of_change` in the file",
      cause,
    });
  let config: unknown = {};
  if (existsSync(path))
    try {
      config = JSON.parse(readFileSync(path, "utf8"));
    } catch (cause) {
      throw bad("not JSON", cause);
    }
  const read = AlertFile.safeParse(config);
  if (!read.success) throw bad(z.prettifyError(read.error), read.error);
  const { alerts, budgets, rate_of_change } = read.data;
  return { ...alerts, budgets, rate_of_change };
}
