import type { Config } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { type Command, flag, JSON_OPTION, text } from "../command.ts";
import { installCodexHooks } from "../install/codex-hooks.ts";
import { otelInstall } from "../install/otel-command.ts";
import { findClaude, installPlugin } from "../install/plugin.ts";
import { installed, installSettings, settingsPath } from "../install/settings.ts";
import { out, printJson, toPlain } from "../print.ts";

export const install: Command = {
  options: {
    settings: {
      type: "boolean",
      what: "add hooks to Claude Code's settings.json instead of installing the plugin",
    },
    "hard-stop": {
      type: "boolean",
      what: "also add a hook that denies tools past a budget with `hard_stop`, and calls in a loop",
    },
    codex: { type: "boolean", what: "add hooks to Codex's hooks.json; Codex asks you to trust them" },
    otel: {
      type: "string",
      value: "claude|codex|both",
      what: "have the agent export its OpenTelemetry here instead: hidden calls, decisions, durations",
    },
    endpoint: { type: "string", value: "URL", what: "with --otel: where to, if not this recorder" },
    "allow-remote": { type: "boolean", what: "with --otel: the endpoint may be another machine" },
    "dry-run": { type: "boolean", what: "with --otel: print what would be written, and write nothing" },
    json: JSON_OPTION,
  },
  more:
    "By default the `claude` command installs the plugin. Restart open sessions to use it.\n" +
    "A settings file that is not plain JSON is left alone (exit code 65). `uninstall` restores it.",
  async run({ values, config }) {
    const settings = config();
    if (text(values, "otel") !== undefined) return otelInstall(settings, values);
    if (flag(values, "codex")) return installCodex(settings, flag(values, "json"));
    const path = settingsPath(settings);
    const now = installed(path);
    const wish = flag(values, "settings") ? "settings" : "plugin";
    // Both at once would record every event twice; and the plugin's record must keep what was there before it.
    const there = now.plugin ? "plugin" : wish === "plugin" && now.entries.size > 0 ? "settings" : undefined;
    const way = there ?? wish;
    const hasHardStop = flag(values, "hard-stop");
    const hard_stop = now.hard_stop || hasHardStop;
    const isNewPlugin = way === "plugin" && there === undefined;
    if (isNewPlugin) await installPlugin(settings, requireClaude());
    // After the plugin: its record is then of settings without the stop, as `uninstall` goes the other way.
    const changed =
      (there === undefined && way === "settings") || hasHardStop
        ? installSettings(settings, { hooks: way === "settings", hard_stop }).changed
        : false;
    return printInstalled({ way, path, changed: isNewPlugin || changed, hard_stop }, flag(values, "json"));
  },
};

function installCodex(config: Config, json: boolean): number {
  const { path, changed } = installCodexHooks(config);
  if (json) printJson({ way: "codex", path, changed });
  else {
    out(changed ? `hooks added to ${toPlain(path)}` : `already installed in ${toPlain(path)}`);
    out(
      'start `codex` once and choose to trust them under "Hooks need review": it skips untrusted hooks silently',
    );
    out(
      "`hall-monitor doctor` shows whether they are trusted; `hall-monitor uninstall --codex` takes them out",
    );
  }
  return 0;
}

function requireClaude(): string {
  const claude = findClaude();
  if (claude) return claude;
  throw new AppError("not_found", "There is no `claude` command on PATH", {
    hint: "`hall-monitor install --settings` works without it",
  });
}

function printInstalled(
  done: { way: string; path: string; changed: boolean; hard_stop: boolean },
  json: boolean,
): number {
  if (json) printJson(done);
  else if (done.changed) {
    out(done.way === "plugin" ? "installed as a plugin" : `hooks added to ${toPlain(done.path)}`);
    out("restart open sessions; `hall-monitor doctor` checks that events arrive");
  } else
    out(
      done.way === "plugin" ? "already installed as a plugin" : `already installed in ${toPlain(done.path)}`,
    );
  if (!json && done.hard_stop)
    out('tools are denied while a budget with `"hard_stop": true` in config.json is used up');
  return 0;
}
