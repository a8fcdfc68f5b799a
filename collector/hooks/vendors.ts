import type { HookAgent } from "../../schema/names.ts";
import { claudeHooks } from "../sources/claude/hook-event.ts";
import { codexHooks } from "../sources/codex/hook-event.ts";
import type { VendorHooks } from "./define-hooks.ts";

export const VENDOR_HOOKS: Record<HookAgent, VendorHooks> = { claude: claudeHooks, codex: codexHooks };
