import { existsSync } from "node:fs";
import { join } from "node:path";
import { WEEK_MS } from "../../schema/durations.ts";
import { DATABASE_FILE, openReader } from "../../store/database.ts";
import { reconcileQueries } from "../../store/queries/reconcile.ts";
import { callRoute } from "../daemon-client.ts";
import { counted } from "../format.ts";
import { loadOtelState, OTEL_TARGETS } from "../install/otel-state.ts";
import { type Check, fail, ok, type Patient, warn } from "./check.ts";

/** Share of the client's own total; less may be due to a price change within the week. */
const MOST_PERCENT = 2;

/** Whether recording is complete, as the running recorder measures it. */
export async function capture({ daemon }: Patient): Promise<Check[]> {
  if (!daemon) return [];
  const { data } = await callRoute(daemon, "GET /api/capture");
  return data.agents.map(({ agent, mode, words, reason }) => {
    const detail = `${agent}: ${words.toLowerCase()} (${reason})`;
    if (mode === "FAILURE") return fail("capture", detail, "see `hall-monitor capture`");
    return mode === "DEGRADED_STREAMING"
      ? warn("capture", detail, "see `hall-monitor capture`")
      : ok("capture", detail);
  });
}

/** Whether `install --otel` did what it should. */
export function exports({ config }: Patient): Check[] {
  const state = loadOtelState(config.data_dir);
  return OTEL_TARGETS.flatMap((target) => {
    const { state: is, last_error, endpoint } = state[target];
    if (is === "failed")
      return [
        fail(
          "telemetry",
          `${target}: ${last_error ?? "it failed"}`,
          `\`hall-monitor install --otel ${target}\` again`,
        ),
      ];
    return is === "migrated" ? [ok("telemetry", `${target} exports to ${endpoint ?? "this daemon"}`)] : [];
  });
}

/** The recorded cost of the last week, compared with the client's own total. */
export function reconciled({ config, now }: Patient): Check[] {
  if (!existsSync(join(config.data_dir, DATABASE_FILE))) return [];
  const db = openReader(config.data_dir);
  try {
    const sessions = reconcileQueries(db).sessions({}, now - WEEK_MS, undefined);
    const compared = sessions.filter((s) => s.client_nano_usd !== null);
    const client = compared.reduce((sum, s) => sum + (s.client_nano_usd ?? 0), 0);
    if (client === 0) return [];
    const off = compared.reduce((sum, s) => sum + Math.abs(s.difference_nano_usd ?? 0), 0);
    const percent = Math.round((1000 * off) / client) / 10;
    const detail = `${counted(compared.length, "session")} of the last week, ${percent} % of the client's own total is unexplained`;
    return [
      percent > MOST_PERCENT
        ? warn("reconcile", detail, "`hall-monitor reconcile` names each difference")
        : ok("reconcile", detail),
    ];
  } finally {
    db.close();
  }
}
