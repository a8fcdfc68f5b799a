import type { Config } from "../../schema/config.ts";
import { AppError } from "../../schema/errors.ts";
import { type Command, flag, JSON_OPTION, text } from "../command.ts";
import { installCodexHooks } from "../install/codex-hooks.ts";
import { OTEL_CHOICE, otelInstall } from "../install/otel-command.ts";
import { findClaude, installPlugin, PLUGIN_COMMANDS } from "../install/plugin.ts";
import { installed, installSettings, settingsPath } from "../install/settings.ts";
import { out, printJson, toPlain } from "../print.ts";

export const install: Command = {
  options: {
    settings: {
      type: "boolean",
      excludes: ["--codex", "--otel"],
      what: "add hooks to Claude Code's settings.json instead of installing the plugin",
    },
    "hard-stop": {
      type: "boolean",
      excludes: ["--codex", "--otel"],
      what: "also add the hook for the hard stop of budgets and the loop guard",
    },
    codex: {
      type: "boolean",
      excludes: ["--otel"],
      what: "add hooks to Codex's hooks.json; Codex asks you to trust them",
    },
    otel: {
      type: "string",
      value: OTEL_CHOICE,
      what: "instead, have the agent export OpenTelemetry: hidden calls, decisions, durations",
    },
    endpoint: {
      type: "string",
      value: "URL",
      needs: ["--otel"],
      what: "with --otel: the receiver (default: this daemon)",
    },
    "allow-remote": {
      type: "boolean",
      needs: ["--endpoint"],
      what: "with --endpoint: it may be another machine",
    },
    "dry-run": { type: "boolean", what: "print what would be changed, and change nothing" },
    json: JSON_OPTION,
  },
  more:
    "By default the `claude` command installs the plugin. Restart open sessions to use it.\n" +
    "A settings file that is not plain JSON is not changed (exit code 65). `uninstall` restores the original.",
  async run({ values, config }) {
    const settings = config();
    if (text(values, "otel") !== undefined) return otelInstall(settings, values);
    const [dry_run, json] = [flag(values, "dry-run"), flag(values, "json")];
    if (flag(values, "codex")) return installCodex(settings, dry_run, json);
    const hasHardStop = flag(values, "hard-stop");
    const wish = toWish(settings, flag(values, "settings"), hasHardStop);
    if (dry_run) return printDryRun(settings, wish, json);
    if (wish.is_new_plugin) await installPlugin(settings, requireClaude());
    // After the plugin: its record then contains the settings without the stop, as `uninstall` uses the reverse order.
    const isChanged = wish.edits_settings && installSettings(settings, wish).changed;
    const { way, path, hard_stop } = wish;
    return printInstalled({ way, path, changed: wish.is_new_plugin || isChanged, hard_stop }, json);
  },
};

type Wish = {
  way: "plugin" | "settings";
  path: string;
  is_new_plugin: boolean;
  edits_settings: boolean;
  hooks: boolean;
  hard_stop: boolean;
};

/** Both ways at once would record every event twice; and the plugin's record must contain the earlier state. */
function toWish(settings: Config, inSettings: boolean, hasHardStop: boolean): Wish {
  const path = settingsPath(settings);
  const now = installed(path);
  const wanted = inSettings ? "settings" : "plugin";
  const there = now.plugin ? "plugin" : wanted === "plugin" && now.entries.size > 0 ? "settings" : undefined;
  const way = there ?? wanted;
  return {
    way,
    path,
    is_new_plugin: way === "plugin" && there === undefined,
    edits_settings: (there === undefined && way === "settings") || hasHardStop,
    hooks: way === "settings",
    hard_stop: now.hard_stop || hasHardStop,
  };
}

function printDryRun(settings: Config, wish: Wish, json: boolean): number {
  const commands = wish.is_new_plugin ? PLUGIN_COMMANDS : [];
  if (commands.length > 0) requireClaude();
  const edit = wish.edits_settings ? installSettings(settings, wish, true) : undefined;
  const changed = commands.length > 0 || (edit?.changed ?? false);
  const added = edit?.added ?? [];
  if (json) printJson({ way: wish.way, path: wish.path, changed, is_dry_run: true, commands, added });
  else {
    for (const command of commands) out(`would run: ${toPlain(command)}`);
    if (edit !== undefined || commands.length === 0)
      printAdded({ path: wish.path, changed: edit?.changed ?? false, added });
  }
  return 0;
}

function printAdded({
  path,
  changed,
  added,
}: {
  path: string;
  changed: boolean;
  added: readonly string[];
}): void {
  const edit = added.length > 0 ? "get these lines:" : "only lose entries";
  out(`${toPlain(path)} would ${changed ? edit : "not change"}`);
  for (const line of added) out(`  ${toPlain(line)}`);
}

function installCodex(config: Config, dry_run: boolean, json: boolean): number {
  const { path, changed, added } = installCodexHooks(config, dry_run);
  if (json) printJson({ way: "codex", path, changed, ...(added && { is_dry_run: true, added }) });
  else if (added) printAdded({ path, changed, added });
  else {
    out(changed ? `hooks added to ${toPlain(path)}` : `already installed in ${toPlain(path)}`);
    out(
      'start `codex` once and choose to trust them under "Hooks need review": it skips untrusted hooks silently',
    );
    out(
      "`hall-monitor doctor` shows whether they are trusted; `hall-monitor uninstall --codex` removes them",
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
