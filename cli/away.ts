import { complain } from "./print.ts";

/** What a command that follows the daemon reports of it, once per absence, where answers to scripts are not. */
export function createAway() {
  let isAway = false;
  return {
    lost(): void {
      if (!isAway) complain("hall-monitor: the daemon ended; waiting for it (Ctrl-C exits)");
      isAway = true;
    },
    back(): void {
      if (isAway) complain("hall-monitor: the daemon is back");
      isAway = false;
    },
  };
}
