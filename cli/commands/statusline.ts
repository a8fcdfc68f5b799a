import { join } from "node:path";
import { runStatusline } from "../../hooks/statusline.ts";
import { type Command, text } from "../command.ts";
import { ROOT } from "../root.ts";

export const statusline: Command = {
  options: {
    wrap: {
      type: "string",
      value: "COMMAND",
      what: "run this status line of yours and print its output instead",
    },
    account: { type: "string", value: "ALIAS", what: "alias of the account, where there are several" },
  },
  more: [
    "Claude Code runs it and writes JSON to its input. In Claude Code's settings.json:",
    "",
    `  "statusLine": { "type": "command", "command": "bun ${join(ROOT, "hooks/statusline.js")}" }`,
    "",
    "That script is this command without the rest of the program, so it starts faster; it takes the same options.",
  ].join("\n"),
  async run({ values }) {
    const [wrap, account] = [text(values, "wrap"), text(values, "account")];
    await runStatusline({ ...(wrap !== undefined && { wrap }), ...(account !== undefined && { account }) });
    return 0;
  },
};
