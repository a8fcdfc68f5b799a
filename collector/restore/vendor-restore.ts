import type { Conversations } from "../../store/queries/conversation.ts";
import type { SessionRow } from "../../store/queries/sessions.ts";
import type { RestoredFile } from "./restored.ts";

export type Restoring = { session: SessionRow; kept: Conversations; path: string };

/** How to restore a conversation so that its agent can resume it. */
export type VendorRestore = {
  /** Path where the agent expects it; undefined if unknown. */
  pathOf(session: SessionRow, roots: readonly string[]): string | undefined;
  files(of: Restoring): RestoredFile[];
};

export function rootOf(path: string | null, roots: readonly string[]): string | undefined {
  return roots.find((root) => path?.startsWith(`${root}/`));
}
