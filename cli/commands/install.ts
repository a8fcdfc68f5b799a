import { AppError } from "../../schema/errors.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { findClaude, installPlugin } from "../install/plugin.ts";
import { installed, installSettings, settingsPath } from "../install/settings.ts";
import { out, printJson, toPlain } from "../print.ts";

export const install: Command = {
  name: "install",
  summary: "Have Claude Code tell the recorder of every event",
  options: {
    settings: {
      type: "boolean",
      what: "add hooks to Claude Code's settings.json instead of installing the plugin",
    },
    json: JSON_OPTION,
  },
  more:
    "By default the `claude` command installs the plugin. Sessions that are open see it after a restart.\n" +
    "A settings file that is not plain JSON is left alone (exit code 65). `uninstall` gives it back as it was.",
  async run({ values, config }) {
    const settings = config();
    const path = settingsPath(settings);
    const now = installed(path);
    const wish = flag(values, "settings") ? "settings" : "plugin";
    // Both at once would record every event twice; and the plugin's record must keep what was there before it.
    const there = now.plugin ? "plugin" : wish === "plugin" && now.entries.size > 0 ? "settings" : undefined;
    if (there) return say({ way: there, path, changed: false }, flag(values, "json"));
    if (wish === "settings") return say({ way: wish, ...installSettings(settings) }, flag(values, "json"));
    const claude = findClaude();
    if (!claude)
      throw new AppError("not_found", "There is no `claude` command on PATH", {
        hint: "`hall-monitor install --settings` works without it",
      });
    await installPlugin(settings, claude);
    return say({ way: wish, path, changed: true }, flag(values, "json"));
  },
};

function say(done: { way: string; path: string; changed: boolean }, json: boolean): number {
  if (json) printJson(done);
  else if (done.changed) {
    out(done.way === "plugin" ? "installed as a plugin" : `hooks added to ${toPlain(done.path)}`);
    out("sessions that are open now must be restarted; `hall-monitor doctor` checks the way of an event");
  } else
    out(
      done.way === "plugin" ? "already installed as a plugin" : `already installed in ${toPlain(done.path)}`,
    );
  return 0;
}
