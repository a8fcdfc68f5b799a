/** The program of a settings file's `statusLine`: `statusline.js [--wrap COMMAND] [--account ALIAS]`. */
import { runStatusline } from "./statusline.ts";

const WATCHDOG_MS = 10_000;

const leave = () => process.exit(0);
process.on("uncaughtException", leave);
process.on("unhandledRejection", leave);
setTimeout(leave, WATCHDOG_MS);

const after = (option: string) => {
  const at = process.argv.indexOf(option);
  return at < 0 ? undefined : process.argv[at + 1];
};
const [wrap, account] = [after("--wrap"), after("--account")];
runStatusline({ ...(wrap !== undefined && { wrap }), ...(account !== undefined && { account }) }).then(
  leave,
  leave,
);
