import type { Config } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { choice, flag, text, type Values } from "../command.ts";
import { out, printJson, toPlain } from "../print.ts";
import { refuseEndpoint } from "./codex-otel.ts";
import { installOtel, type Planned, uninstallOtel } from "./otel.ts";
import { loadOtelState, OTEL_TARGETS, type OtelTarget } from "./otel-state.ts";

/** As the option takes it. */
export const OTEL_CHOICE = [...OTEL_TARGETS, "both"].join("|");

/** `install --otel`: the named agents export to this recorder, or to the given endpoint. */
export function otelInstall(config: Config, values: Values): number {
  const chosen = choice(values, "otel", [...OTEL_TARGETS, "both"] as const);
  const targets: readonly OtelTarget[] = chosen === undefined || chosen === "both" ? OTEL_TARGETS : [chosen];
  const base = baseOf(text(values, "endpoint") ?? ownEndpoint(config), flag(values, "allow-remote"));
  const isDry = flag(values, "dry-run");
  const done = targets.map((target) => installOtel(config, target, base, isDry));
  if (flag(values, "json")) printJson(done.map(({ added, ...rest }) => (isDry ? { ...rest, added } : rest)));
  else for (const one of done) printPlanned(one, isDry);
  if (!isDry && config.otlp.token !== "" && targets.includes("claude"))
    out(
      "Claude Code sends no token by itself: set OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer%20… where it starts",
    );
  return 0;
}

export function otelUninstall(config: Config, json: boolean): number {
  const done = OTEL_TARGETS.map((target) => uninstallOtel(config, target));
  if (json) printJson(done.map(({ added: _, ...rest }) => rest));
  else
    for (const { target, path, changed } of done)
      out(`${target}: ${changed ? `${toPlain(path)} restored` : "nothing to remove"}`);
  return 0;
}

/** Turns the export off wherever it was turned on, so that nothing posts to a removed recorder. */
export function undoneOtel(config: Config): boolean {
  const state = loadOtelState(config.data_dir);
  const on = OTEL_TARGETS.filter((target) => state[target].state === "migrated");
  return on.map((target) => uninstallOtel(config, target).changed).includes(true);
}

function ownEndpoint({ port }: Config): string {
  if (port !== 0) return `http://127.0.0.1:${port}`;
  throw new AppError("usage", "HALL_PORT=0 picks another port at each start", {
    hint: "set HALL_PORT to a fixed port, or give --endpoint",
  });
}

/** The endpoint without a signal's path: each exporter has its own. */
function baseOf(endpoint: string, allowRemote: boolean): string {
  const why = refuseEndpoint(endpoint, allowRemote);
  if (why)
    throw new AppError("usage", `--endpoint=${toPlain(endpoint)} ${why}`, {
      hint: "give a URL such as http://127.0.0.1:4318",
    });
  return endpoint.replace(/\/v1\/(logs|metrics|traces)\/?$/, "").replace(/\/+$/, "");
}

function printPlanned({ target, path, changed, added }: Planned, isDry: boolean): void {
  if (!isDry) {
    const what = changed ? "exports to this daemon from its next start" : "already exports here";
    out(`${target}: ${what} (${toPlain(path)})`);
    return;
  }
  out(`${target}: ${toPlain(path)} would ${changed ? "get these lines:" : "not change"}`);
  for (const line of added) out(`  ${toPlain(line)}`);
}
