import type { SourceName } from "../../schema/events.ts";
import { isVendor, type VendorName } from "../../schema/vendors.ts";
import { claude } from "./claude/source.ts";
import { claudeTexts } from "./claude/texts.ts";
import { gapBefore as gapOfCodex } from "./codex/counts.ts";
import { codex } from "./codex/source.ts";
import { codexTexts } from "./codex/texts.ts";
import type { Source } from "./source.ts";

/** How to read the files of an agent. */
type VendorFiles = {
  history: Source;
  /** The texts of the same files; null if they are not stored. */
  texts: Source | null;
  /** Tokens that a running total counts from before the first request of the file; null if requests have their own. */
  gapBefore: ((request_key: string) => number | null) | null;
};

const VENDOR_FILES: Record<VendorName, VendorFiles> = {
  claude: { history: claude, texts: claudeTexts, gapBefore: null },
  codex: { history: codex, texts: codexTexts, gapBefore: gapOfCodex },
};

export function vendorFiles(name: Source["name"]): VendorFiles | undefined {
  return isVendor(name) ? VENDOR_FILES[name] : undefined;
}

export function gapBefore(source: SourceName, request_key: string): number | null {
  return vendorFiles(source)?.gapBefore?.(request_key) ?? null;
}
