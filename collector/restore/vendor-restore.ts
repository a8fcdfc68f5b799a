import type { Conversations } from "../../store/queries/conversation.ts";
import type { SessionRow } from "../../store/queries/sessions.ts";
import type { RestoredFile } from "./restored.ts";

export type Restoring = { session: SessionRow; kept: Conversations; path: string };

/** How a conversation is written back so that its agent goes on with it. */
export type VendorRestore = {
  /** Where the agent expects it; undefined where that is not known. */
  pathOf(session: SessionRow, roots: readonly string[]): string | undefined;
  files(of: Restoring): RestoredFile[];
};

export function rootOf(path: string | null, roots: readonly string[]): string | undefined {
  return roots.find((root) => path?.startsWith(`${root}/`));
}
