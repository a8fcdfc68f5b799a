import { join } from "node:path";
import type { Config } from "../../../schema/config.ts";
import { codexFolders } from "../../../schema/folders.ts";
import type { Root } from "../../discover.ts";
import { readLimits } from "../../limits/settings.ts";
import { rootsOf } from "../root.ts";
import { codex } from "./source.ts";

/** The folders of the accounts that `config.json` names; none if Codex is not read. */
export function accountRoots(config: Config): Root[] {
  if (config.roots.codex.length === 0) return [];
  return readLimits(join(config.data_dir, "config.json")).codex_accounts.flatMap(({ alias, codex_home }) =>
    rootsOf(codex, codexFolders(undefined, codex_home, "")).map((root) => ({ ...root, account: alias })),
  );
}
