import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const SWITCH_FILE = "capture.json";

/** Whether the stream of Codex's app-server is enabled: on unless it was turned off. */
export function loadSwitch(dataDir: string): boolean {
  try {
    const found: Record<string, unknown> = JSON.parse(readFileSync(join(dataDir, SWITCH_FILE), "utf8"));
    return found.stream_enabled !== false;
  } catch {
    return true;
  }
}

export function saveSwitch(dataDir: string, stream_enabled: boolean): void {
  const path = join(dataDir, SWITCH_FILE);
  writeFileSync(`${path}.tmp`, `${JSON.stringify({ stream_enabled })}\n`, { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
