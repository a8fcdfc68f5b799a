/** Which active sources there are: none unless a setting or a program asks for it. */
import { isAbsolute } from "node:path";
import type { LimitSettings } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { createAppServerProbe } from "../sources/codex/app-server.ts";
import { createCommandProbe } from "./command.ts";
import { PROBE_LIMITS, type Probe, type ProbeLimits } from "./probe.ts";
import { type Limits, readLimits } from "./settings.ts";

export type LimitSources = { probes: Probe[]; mode: "parallel" | "sequential"; notes: string[] };

/** The program that is used where a path is not set, if it is there. */
const DEFAULT_PROGRAMS = { claude: "cctrack-claude-status", codex: "cctrack-codex-status" };

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
  for (const source of ["claude", "codex"] as const) {
    const path = statusPath(source, settings, limits, notes);
    const cadence_ms = limits[`${source}_cadence_ms`] ?? everyMs;
    if (path !== undefined) probes.push(createCommandProbe({ ...base, source, path, cadence_ms }));
  }
  const server = { ...base, command: [limits.codex_program], version };
  if (settings.codex_app_server ?? limits.codex_app_server ?? false)
    probes.push(createAppServerProbe({ ...server, account: "default", cadence_ms: everyMs }));
  for (const { alias, codex_home, cadence_ms } of limits.codex_accounts)
    probes.push(
      createAppServerProbe({ ...server, account: alias, codex_home, cadence_ms: cadence_ms ?? everyMs }),
    );
  return { probes, mode: limits.mode, notes };
}

/** Variable before file; empty = off, noted once; unset = the usual program if this machine has it. */
function statusPath(
  source: "claude" | "codex",
  settings: LimitSettings,
  limits: Limits,
  notes: string[],
): string | undefined {
  const set = settings[`${source}_status_path`] ?? limits[`${source}_status_path`];
  if (set === "") {
    notes.push(`limits: ${source.toUpperCase()}_STATUS_PATH is empty, so no ${source} status command is run`);
    return undefined;
  }
  if (set !== undefined && !isAbsolute(set) && /[\\/]/.test(set))
    throw new AppError(
      "bad_config",
      `The ${source} status program is ${set}, a relative path that differs in every folder`,
      {
        hint: `set ${source.toUpperCase()}_STATUS_PATH to an absolute path or to the name of a program on the PATH`,
      },
    );
  if (set !== undefined) return set;
  return Bun.which(DEFAULT_PROGRAMS[source], { PATH: settings.child_env.PATH ?? "" }) ?? undefined;
}
