import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../schema/config.ts";
import { codexFolders } from "../../schema/folders.ts";
import { VENDOR_NAMES, type VendorName } from "../../schema/vendors.ts";
import type { Root } from "../discover.ts";
import { readLimits } from "../limits/settings.ts";
import { cowork } from "./claude/source.ts";
import { codex } from "./codex/source.ts";
import type { Source } from "./source.ts";
import { vendorFiles } from "./vendors.ts";

/** What an agent has beside the folders of its settings; of one folder the first entry holds. */
const FURTHER: Partial<Record<VendorName, (config: Config) => Root[]>> = {
  claude: (config) => rootsOf(cowork, config.cowork_roots),
  codex: accountRoots,
};

/** Every folder that is read, hooks first. */
export function allRoots(config: Config, spool: Source | undefined): Root[] {
  return [
    ...(spool ? rootsOf(spool, config.spool_roots) : []),
    ...VENDOR_NAMES.flatMap((name) => {
      const further = FURTHER[name]?.(config) ?? [];
      const own = rootsOf(vendorFiles(name)!.history, config.roots[name]);
      return [...own.filter((root) => !further.some((f) => f.path === root.path)), ...further];
    }),
  ];
}

/** The folders of the accounts that `config.json` names; where Codex is not read, none of them is. */
export function accountRoots(config: Config): Root[] {
  if (config.roots.codex.length === 0) return [];
  return readLimits(join(config.data_dir, "config.json")).codex_accounts.flatMap(({ alias, codex_home }) =>
    rootsOf(codex, codexFolders(undefined, codex_home, "")).map((root) => ({ ...root, account: alias })),
  );
}

/** One folder under two names is one folder. */
function rootsOf(source: Source, paths: readonly string[]): Root[] {
  return paths.map((path) => ({ source, path: existsSync(path) ? realpathSync(path) : path }));
}
