import type { VendorName } from "./vendors.ts";

/** The program that prints an agent's limits if no path is set and it is on the PATH. */
export const STATUS_PROGRAMS: Record<VendorName, string> = {
  claude: "cctrack-claude-status",
  codex: "cctrack-codex-status",
};
