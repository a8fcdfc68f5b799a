/** The active sources: none unless a setting or an installed program enables one. */
import { isAbsolute } from "node:path";
import type { LimitSettings } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { STATUS_PROGRAMS } from "../../schema/status-programs.ts";
import { VENDOR_NAMES, type VendorName } from "../../schema/vendors.ts";
import { createCommandProbe } from "./command.ts";
import { PROBE_LIMITS, type Probe, type ProbeLimits } from "./probe.ts";
import { type Limits, readLimits } from "./settings.ts";
import { LIMIT_SOURCES } from "./vendors.ts";

export type LimitSources = { probes: Probe[]; mode: "parallel" | "sequential"; notes: string[] };

export function loadLimitSources(
  settings: LimitSettings,
  configPath: string,
  version: string,
  bounds: ProbeLimits = PROBE_LIMITS,
): LimitSources {
  const limits = readLimits(configPath);
  const notes: string[] = [];
  const base = { ...bounds, env: settings.child_env };
  const everyMs = limits.cadence_ms ?? settings.cadence_ms;
  const probes: Probe[] = [];
  for (const source of VENDOR_NAMES) {
    const { cadenceMs, server } = LIMIT_SOURCES[source];
    const path = statusPath(source, settings, limits, notes);
    const cadence_ms = cadenceMs(limits) ?? everyMs;
    if (path !== undefined) probes.push(createCommandProbe({ ...base, source, path, cadence_ms }));
    if (server === null) continue;
    const of = { ...base, command: [server.program(limits)], version };
    if (server.isOn(settings, limits))
      probes.push(server.createProbe({ ...of, account: "default", cadence_ms: everyMs }));
    for (const account of server.accounts(limits))
      probes.push(
        server.createProbe({
          ...of,
          account: account.alias,
          account_home: account.home,
          cadence_ms: account.cadence_ms ?? everyMs,
        }),
      );
  }
  return { probes, mode: limits.mode, notes };
}

/** Variable before file; empty = off, noted once; unset = the default program, if installed. */
function statusPath(
  source: VendorName,
  settings: LimitSettings,
  limits: Limits,
  notes: string[],
): string | undefined {
  const { status_variable, statusPath } = LIMIT_SOURCES[source];
  const set = statusPath(settings, limits);
  if (set === "") {
    notes.push(`limits: ${status_variable} is empty, so no ${source} status command is run`);
    return undefined;
  }
  if (set !== undefined && !isAbsolute(set) && /[\\/]/.test(set))
    throw new AppError(
      "bad_config",
      `The ${source} status program is ${set}, a relative path that differs in every folder`,
      {
        hint: `set ${status_variable} to an absolute path or to the name of a program on the PATH`,
      },
    );
  if (set !== undefined) return set;
  return Bun.which(STATUS_PROGRAMS[source], { PATH: settings.child_env.PATH ?? "" }) ?? undefined;
}
