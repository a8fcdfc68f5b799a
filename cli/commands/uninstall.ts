import { AppError } from "../../schema/errors.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { codexHooksPath, uninstallCodexHooks } from "../install/codex-hooks.ts";
import { otelUninstall, undoneOtel } from "../install/otel-command.ts";
import { findClaude, uninstallPlugin } from "../install/plugin.ts";
import { installed, PLUGIN, settingsPath, uninstallSettings } from "../install/settings.ts";
import { out, printJson, toPlain } from "../print.ts";

export const uninstall: Command = {
  options: {
    settings: { type: "boolean", excludes: ["--codex", "--otel"], what: "only the entries in settings.json" },
    codex: { type: "boolean", excludes: ["--otel"], what: "only the hooks in Codex's hooks.json" },
    otel: { type: "boolean", what: "only the OpenTelemetry export of both agents" },
    json: JSON_OPTION,
  },
  more: "Settings without changes since the install are restored byte for byte.",
  async run({ values, config }) {
    const settings = config();
    if (flag(values, "otel")) return otelUninstall(settings, flag(values, "json"));
    const path = settingsPath(settings);
    const removed: string[] = [];
    const isCodexAlone = flag(values, "codex");
    if ((isCodexAlone || !flag(values, "settings")) && uninstallCodexHooks(settings).changed)
      removed.push("codex");
    if (isCodexAlone) return printRemoved(codexHooksPath(settings), removed, flag(values, "json"));
    const change = uninstallSettings(settings);
    if (change.changed) removed.push("settings");
    if (!flag(values, "settings") && undoneOtel(settings)) removed.push("otel");
    if (!flag(values, "settings") && installed(path).plugin) {
      const claude = findClaude();
      if (!claude)
        throw new AppError("not_found", "The plugin is installed, but there is no `claude` command on PATH", {
          hint: `run \`claude plugin uninstall ${PLUGIN}\``,
        });
      await uninstallPlugin(settings, claude);
      removed.push("plugin");
    }
    return printRemoved(path, removed, flag(values, "json"));
  },
};

function printRemoved(path: string, removed: string[], json: boolean): number {
  if (json) printJson({ path, removed });
  else if (removed.length === 0) out("nothing to remove");
  else out(`removed: ${removed.join(", ")} (${toPlain(path)})`);
  return 0;
}
