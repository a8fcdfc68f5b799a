import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../schema/config.ts";
import { type HookAgent, isHookAgent } from "../../schema/names.ts";
import { forEachVendor, type VendorName } from "../../schema/vendors.ts";
import { codexHooks } from "./codex-hooks.ts";
import { loadOtelState } from "./otel-state.ts";
import { installed, settingsPath } from "./settings.ts";

/** Installations are changed by hand. */
const RECHECK_MS = 30_000;

type Installed = { expected: boolean; untrusted: boolean; script_gone: boolean };
const NONE: Installed = { expected: false, untrusted: false, script_gone: false };
const INSTALLED: Record<HookAgent, (config: Config) => Installed> = {
  claude: hooksOfClaude,
  codex: hooksOfCodex,
};

/** What is installed for each agent, checked again every half minute. */
export function createInstallation(config: Config) {
  const read = () => ({ at: Date.now(), hooks: hooksOf(config), otel: loadOtelState(config.data_dir) });
  let found: ReturnType<typeof read> | undefined;
  return {
    now(): ReturnType<typeof read> {
      if (!found || Date.now() - found.at >= RECHECK_MS) found = read();
      return found;
    },
  };
}

function hooksOf(config: Config): Record<VendorName, Installed> {
  return forEachVendor((name) => (isHookAgent(name) ? INSTALLED[name](config) : NONE));
}

/** Unreadable settings are reported by doctor: capture is judged by received events. */
function hooksOfClaude(config: Config): Installed {
  try {
    const found = installed(settingsPath(config));
    const commands = [...found.entries.values()];
    const script_gone = commands.some(
      (c) => c.args !== undefined && c.command.startsWith("/") && !existsSync(c.command),
    );
    const expected = !found.all_disabled && (found.plugin || commands.length > 0);
    return { expected, untrusted: false, script_gone };
  } catch {
    return NONE;
  }
}

function hooksOfCodex(config: Config): Installed {
  try {
    const found = codexHooks(config);
    if (!found) return NONE;
    const untrusted = found.untrusted.length === found.events.length;
    return { expected: !untrusted, untrusted, script_gone: !existsSync(join(found.root, "hooks/hall")) };
  } catch {
    return NONE;
  }
}
