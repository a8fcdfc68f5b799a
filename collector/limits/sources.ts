/** Which active sources there are: none unless a setting or a program asks for it. */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import * as z from "zod";
import type { LimitSettings } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { createAppServerProbe } from "./app-server.ts";
import { createCommandProbe } from "./command.ts";
import { PROBE_LIMITS, type Probe, type ProbeLimits } from "./probe.ts";
import { isAlias } from "./reading.ts";

const SECOND = 1000;
const cadence = z.int().min(SECOND).max(86_400_000);
const Account = z.strictObject({
  alias: z.string().refine(isAlias, "an alias of your own: letters, digits, - and _, no address and no id"),
  codex_home: z.string().refine(isAbsolute, "an absolute path"),
  cadence_ms: cadence.optional(),
});

/** `limits` in config.json. */
const Limits = z.strictObject({
  cadence_ms: cadence.optional(),
  mode: z.enum(["parallel", "sequential"]).default("parallel"),
  claude_status_path: z.string().optional(),
  claude_cadence_ms: cadence.optional(),
  codex_status_path: z.string().optional(),
  codex_cadence_ms: cadence.optional(),
  codex_app_server: z.boolean().optional(),
  codex_program: z.string().min(1).default("codex"),
  codex_accounts: z
    .array(Account)
    .max(20)
    .refine((list) => new Set(list.map((a) => a.alias)).size === list.length, "each alias once")
    .default([]),
});
type Limits = z.infer<typeof Limits>;

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

/** Variable before file; empty = off, said once; unset = the usual program if this machine has it. */
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
      `The ${source} status program is ${set}, which is another one in every folder`,
      {
        hint: `set ${source.toUpperCase()}_STATUS_PATH to an absolute path or to the name of a program on the PATH`,
      },
    );
  if (set !== undefined) return set;
  return Bun.which(DEFAULT_PROGRAMS[source], { PATH: settings.child_env.PATH ?? "" }) ?? undefined;
}

function readLimits(path: string): Limits {
  const bad = (message: string, cause?: unknown) =>
    new AppError("bad_config", `${path}: ${message}`, { hint: "correct `limits` in the file", cause });
  let config: unknown = {};
  if (existsSync(path))
    try {
      config = JSON.parse(readFileSync(path, "utf8"));
    } catch (cause) {
      throw bad("not JSON", cause);
    }
  const read = z.looseObject({ limits: Limits.optional() }).safeParse(config);
  if (!read.success) throw bad(z.prettifyError(read.error), read.error);
  return read.data.limits ?? Limits.parse({});
}
