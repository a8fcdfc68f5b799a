/**
 * Names shared with the process that runs inside the agent (`hooks/emit.ts`).
 * This file imports nothing, so that the hook stays one small script.
 */

/** The twelve handlers of the founding plan. */
export const CORE_HOOK_EVENTS = [
  "SessionStart",
  "SessionEnd",
  "UserPromptSubmit",
  "Stop",
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "SubagentStart",
  "SubagentStop",
  "Notification",
  "PreCompact",
  "PermissionRequest",
] as const;

/**
 * What else Claude Code 2.1.197 knows and an observer may register. One name that a client does not know
 * disables the whole plugin up to 2.1.250. `WorktreeCreate` replaces instead of observing and
 * `MessageDisplay` holds up rendering: neither is ever registered.
 */
export const OBSERVED_HOOK_EVENTS = [
  "Setup",
  "InstructionsLoaded",
  "UserPromptExpansion",
  "PermissionDenied",
  "PostToolBatch",
  "StopFailure",
  "TaskCreated",
  "TaskCompleted",
  "TeammateIdle",
  "PostCompact",
  "CwdChanged",
  "FileChanged",
  "ConfigChange",
  "Elicitation",
  "ElicitationResult",
  "WorktreeRemove",
] as const;

/**
 * What came after 2.1.197, in a hooks file of its own: a client up to 2.1.250 that does not know one of these names
 * refuses that file and keeps the other one. Later clients pass over names that they do not know.
 */
export const NEWER_HOOK_EVENTS = [
  "PreModelSwitch",
  "PostModelSwitch",
  "DirectoryAdded",
  "PreSkillShellCommand",
] as const;

/** Those that come with every call of a tool. */
export const TOOL_HOOK_EVENTS: readonly string[] = [
  "PreToolUse",
  "PostToolUse",
  "PostToolUseFailure",
  "PostToolBatch",
];

/** All that Codex 0.171.0 sends. */
export const CODEX_HOOK_EVENTS = [
  ...(["SessionStart", "UserPromptSubmit", "PreModelRequest", "PostModelRequest", "PreToolUse"] as const),
  ...(["PermissionRequest", "PostToolUse", "PreCompact", "PostCompact", "SubagentStart"] as const),
  ...(["SubagentStop", "Stop", "Interrupt", "SessionEnd"] as const),
] as const;

/**
 * First token of a spool record, for each agent with hooks. `line` is the payload itself, `text` a JSON string of it,
 * `file` the name of a file in `spool/big`. Claude's keep the names from before Codex had any, so that a daemon of an
 * older version reads them. `hooks/native/carrier.c` spells them alike.
 */
export const HOOK_KINDS = {
  claude: { line: "hook/1", text: "hook-raw/1", file: "hook-file/1" },
  codex: { line: "codex-hook/1", file: "codex-hook-file/1" },
} as const;

/** The agents with recorded hooks. */
export type HookAgent = keyof typeof HOOK_KINDS;
/** Entries of version 0.1 in a settings file name no agent: only this one had hooks then. */
export const FIRST_HOOK_AGENT: HookAgent = "claude";

export function isHookAgent(name: string | undefined): name is HookAgent {
  return name !== undefined && Object.hasOwn(HOOK_KINDS, name);
}

type KindOf<Kinds> = Kinds[keyof Kinds];
export type HookKind = { [Agent in HookAgent]: KindOf<(typeof HOOK_KINDS)[Agent]> }[HookAgent];

/** First token of a spool record. */
export type SpoolKind = HookKind | OtherSpoolKind;
export type OtherSpoolKind = "statusline/1" | "limits/1" | "otlp/1";

export const SPOOL_FOLDER = "spool";
/** Bodies above this go to a file of their own in `spool/big`; the record then names that file. */
export const SPOOL_INLINE_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * What Bun is started with, as in `scripts/prepare.sh`. Of the folder that it is started in it would otherwise run the
 * preload of bunfig.toml, read .env, and resolve even the script's absolute path by the `paths` of tsconfig.json.
 */
export const BUN_SEAL = ["--config=/dev/null", "--no-env-file", "--tsconfig-override=/dev/null"] as const;

/** `${HALL_DATA_DIR}`, else `${XDG_DATA_HOME:-~/.local/share}/hall-monitor`; undefined without any home. */
export function dataDirectory(env: Record<string, string | undefined>): string | undefined {
  if (env.HALL_DATA_DIR) return env.HALL_DATA_DIR;
  if (env.XDG_DATA_HOME) return `${env.XDG_DATA_HOME}/hall-monitor`;
  return env.HOME ? `${env.HOME}/.local/share/hall-monitor` : undefined;
}

/**
 * Where records go when the data directory takes none, as on a full disk: the runtime folder of the login, else memory
 * in a folder that is named by the data directory. `hooks/native/carrier.c` spells it alike.
 */
export function secondDirectory(
  env: Record<string, string | undefined>,
  dataDir: string | undefined,
  uid: number | undefined,
): string | undefined {
  if (env.XDG_RUNTIME_DIR) return `${env.XDG_RUNTIME_DIR}/hall-monitor`;
  if (!dataDir?.startsWith("/") || uid === undefined) return undefined;
  return `/dev/shm/hall-monitor-${uid}${dataDir.replace(/\/+$/, "").replaceAll("/", "%")}`;
}

/** Spool segment of a moment: one file per UTC minute, so no writer ever has to rename. */
export function spoolSegment(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 16).replace(/[-T:]/g, "")}.log`;
}

/** The part of a record that its CRC-32 covers besides the body. */
export function spoolHeader(kind: SpoolKind, id: string, unixMs: number, bytes: number): string {
  return `${kind} ${id} ${unixMs} ${bytes}`;
}
