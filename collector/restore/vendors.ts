import { VENDORS, type VendorName } from "../../schema/vendors.ts";
import { claudeRestore } from "../sources/claude/restore.ts";
import { codexRestore } from "../sources/codex/restore.ts";
import type { VendorRestore } from "./vendor-restore.ts";

export const VENDOR_RESTORE: Record<VendorName, VendorRestore> = {
  claude: claudeRestore,
  codex: codexRestore,
};

/** The command that resumes it. */
export function resumeCommand(source: VendorName, session_id: string): string {
  return `${VENDORS[source].resume_command} ${session_id}`;
}
