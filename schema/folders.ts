import { basename, join } from "node:path";
import type { readSettings } from "./settings.ts";
import type { VendorName } from "./vendors.ts";

type Settings = Pick<
  ReturnType<typeof readSettings>,
  "CLAUDE_CONFIG_DIR" | "CODEX_HOME" | "CODEX_SESSIONS_DIR" | "ENABLE_CODEX_SOURCE"
>;

/** Folders of each agent. */
export const VENDOR_FOLDERS: Record<VendorName, (set: Settings, home: string) => string[]> = {
  claude: (set, home) => claudeFolders(set.CLAUDE_CONFIG_DIR, home),
  codex: (set, home) =>
    set.ENABLE_CODEX_SOURCE ? codexFolders(set.CODEX_SESSIONS_DIR, set.CODEX_HOME, home) : [],
};

/**
 * The path of a folder as a person wrote it, even if no shell has expanded the home directory: systemd, an editor, a
 * .env file.
 */
function toFolder(written: string, home: string): string {
  const text = written.trim().replace(/^(["'])(.*)\1$/, "$2");
  const below = /^(?:~|\$HOME|\$\{HOME\})(?:\/(.*))?$/.exec(text);
  return below ? join(home, below[1] ?? "") : text;
}

/** A folder of an agent, or a folder within it. */
function inner(folder: string, name: string): string {
  return basename(folder) === name ? join(folder) : join(folder, name);
}

/** The transcript folders below each of Claude Code's comma-separated folders. */
function claudeFolders(written: string, home: string): string[] {
  const named = written
    .split(",")
    .map((folder) => toFolder(folder, home))
    .filter(Boolean);
  return [...new Set(named.map((folder) => inner(folder, "projects")))];
}

/**
 * Claude Desktop's Cowork keeps plain transcripts of its own, on macOS and on Linux. They are not one of Claude Code's
 * folders: a list of those does not hide them; only an empty one turns Claude off.
 */
export function coworkFolders(written: string, home: string, xdgConfig: string | undefined): string[] {
  if (written === "") return [];
  const apps = [join(home, "Library", "Application Support"), xdgConfig || join(home, ".config")];
  return apps.map((folder) => join(folder, "Claude", "local-agent-mode-sessions"));
}

/** Also if the folder of rollouts is configured instead. */
export function codexHome(written: string, home: string): string {
  return join(inner(toFolder(written, home), "sessions"), "..");
}

export function codexFolders(sessions: string | undefined, codex: string, home: string): string[] {
  const folder = sessions ? toFolder(sessions, home) : join(codexHome(codex, home), "sessions");
  return [folder, join(folder, "..", "archived_sessions")];
}
