import type { Config } from "../../schema/config.ts";
import { VENDOR_NAMES, type VendorName } from "../../schema/vendors.ts";
import type { Root } from "../discover.ts";
import { coworkRoots } from "./claude/roots.ts";
import { accountRoots } from "./codex/roots.ts";
import { rootsOf } from "./root.ts";
import type { Source } from "./source.ts";
import { vendorFiles } from "./vendors.ts";

/** Folders of an agent in addition to those of its settings; for one folder the first entry is used. */
const FURTHER: Record<VendorName, ((config: Config) => Root[]) | null> = {
  claude: coworkRoots,
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
