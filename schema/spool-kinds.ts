/**
 * Lists of the names of `names.ts`: a separate file, as otherwise each script that a client starts would contain them.
 */
import { HOOK_KINDS, type HookAgent, type HookKind, type OtherSpoolKind, type SpoolKind } from "./names.ts";

export const HOOK_AGENTS = Object.keys(HOOK_KINDS) as [HookAgent, ...HookAgent[]];

const OTHERS: Record<OtherSpoolKind, true> = { "statusline/1": true, "limits/1": true, "otlp/1": true };

/** An unknown one is quarantined, never dropped. */
export const SPOOL_KINDS: readonly SpoolKind[] = [
  ...HOOK_AGENTS.flatMap((agent) => Object.values<HookKind>(HOOK_KINDS[agent])),
  ...(Object.keys(OTHERS) as OtherSpoolKind[]),
];
