import { join } from "node:path";
import { runStatusline } from "../../hooks/statusline.ts";
import { type Command, text } from "../command.ts";
import { ROOT } from "../root.ts";

/** In the settings' JSON, as one word of a shell. */
const LAUNCHER = JSON.stringify(toShellWord(join(ROOT, "bin/hall-monitor"))).slice(1, -1);

export const statusline: Command = {
  options: {
    wrap: {
      type: "string",
      value: "COMMAND",
      what: "also run your own status line command and print its output",
    },
    account: { type: "string", value: "ALIAS", what: "alias of the account, if you use several" },
  },
  more: [
    "Claude Code runs it and writes JSON to its input. In Claude Code's settings.json:",
    "",
    '  "statusLine": {',
    '    "type": "command",',
    `    "command": ${JSON.stringify(`${LAUNCHER} statusline`)}`,
    "  }",
    "",
    "The launcher ignores a bunfig.toml, a .env and programs on the PATH of the project's folder.",
  ].join("\n"),
  async run({ values }) {
    const [wrap, account] = [text(values, "wrap"), text(values, "account")];
    await runStatusline({ ...(wrap !== undefined && { wrap }), ...(account !== undefined && { account }) });
    return 0;
  },
};

function toShellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
