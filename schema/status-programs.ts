import type { VendorName } from "./vendors.ts";

/** The program that prints an agent's limits where no path is set, if it is on the PATH. */
export const STATUS_PROGRAMS: Record<VendorName, string> = {
  claude: "cctrack-claude-status",
  codex: "cctrack-codex-status",
};
