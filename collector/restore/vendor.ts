import { basename, dirname, join } from "node:path";
import type { VendorName } from "../../schema/vendors.ts";
import type { Conversations } from "../../store/queries/conversation.ts";
import type { SessionRow } from "../../store/queries/sessions.ts";
import { claudeFiles, claudeFolder } from "./claude.ts";
import { codexFiles, rolloutPath } from "./codex.ts";
import type { RestoredFile } from "./restored.ts";

export type Restoring = { session: SessionRow; kept: Conversations; path: string };

/** How a conversation is written back so that its agent goes on with it. */
type VendorRestore = {
  /** Where the agent looks for it; undefined where that is not known. */
  pathOf(session: SessionRow, roots: readonly string[]): string | undefined;
  files(of: Restoring): RestoredFile[];
  /** What a person types to go on. */
  resume(session_id: string): string;
};

function rootOf(path: string | null, roots: readonly string[]): string | undefined {
  return roots.find((root) => path?.startsWith(`${root}/`));
}

export const VENDOR_RESTORE: Record<VendorName, VendorRestore> = {
  claude: {
    pathOf({ transcript_path, project_path, source_session_id }, roots) {
      const known = rootOf(transcript_path, roots);
      // Found by its name: a session that another's file held is written beside that.
      if (known !== undefined) return join(dirname(transcript_path!), `${source_session_id}.jsonl`);
      const [root] = roots;
      if (root === undefined || project_path === null) return undefined;
      return join(root, claudeFolder(project_path), `${source_session_id}.jsonl`);
    },
    files: claudeFiles,
    resume: (id) => `claude --resume ${id}`,
  },
  codex: {
    pathOf(session, roots) {
      // An archived thread has no folder of its date, and is taken up again from the other one.
      const root = rootOf(session.transcript_path, roots) ?? roots[0];
      const isArchive = root !== undefined && basename(root) === "archived_sessions";
      return root && rolloutPath(isArchive ? join(dirname(root), "sessions") : root, session);
    },
    files: codexFiles,
    resume: (id) => `codex resume ${id}`,
  },
};
