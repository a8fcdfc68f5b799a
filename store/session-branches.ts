import type { Database } from "bun:sqlite";
import { writer } from "./database.ts";
import { columnsOf, insertInto } from "./table.ts";
import { type RequestRow, SESSION_BRANCHES } from "./tables/requests.ts";

/** Records the branches that the requests of a session name. */
export function branchWriter(db: Database) {
  const insert = writer(
    db,
    insertInto(SESSION_BRANCHES, columnsOf(SESSION_BRANCHES), "on conflict do nothing"),
  );
  /** The previous request's: the next one is nearly always the same. */
  let last = { session_pk: -1, git_branch: "" };
  return {
    put({ session_pk, git_branch }: Pick<RequestRow, "session_pk" | "git_branch">): void {
      if (git_branch === null || (git_branch === last.git_branch && session_pk === last.session_pk)) return;
      last = { session_pk, git_branch };
      insert([session_pk, git_branch]);
    },
    /** A rolled back transaction may have removed it. */
    forget(): void {
      last = { session_pk: -1, git_branch: "" };
    },
  };
}
