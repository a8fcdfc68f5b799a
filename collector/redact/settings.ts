import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { CAPTURE_FILE, captureBytes } from "../../hooks/redact/mode.ts";
import {
  CAPTURE_MODES,
  type CaptureSettings,
  type CaptureTexts,
  DEFAULT_CAPTURE,
} from "../../schema/capture-settings.ts";
import { readConfigPart } from "../../store/config-faults.ts";

/** `capture` of config.json; the variable takes precedence over its `mode`. */
export const CaptureFile = z.strictObject({
  mode: z.enum(CAPTURE_MODES).optional(),
  projects: z
    .record(z.string().min(1).max(4096), z.enum(CAPTURE_MODES))
    .default({})
    .describe("mode per project folder and its subfolders; the longest matching path wins"),
  emails: z.boolean().default(false).describe("also redact email addresses"),
  history: z
    .boolean()
    .default(true)
    .describe("also read the text of sessions from before the installation, after their figures"),
});

const File = z.looseObject({ capture: CaptureFile.prefault({}) });

/** What is stored of a conversation: `HALL_CAPTURE`, else `capture` of config.json, else everything except secrets. */
export function loadCaptureSettings(path: string, mode: CaptureTexts | undefined): CaptureSettings {
  const { capture } = readConfigPart(path, File);
  return { ...capture, mode: mode ?? capture.mode ?? DEFAULT_CAPTURE.mode };
}

/** For hooks, which write payloads without the daemon. */
export function leaveForCarriers(data_dir: string, settings: CaptureSettings): void {
  const path = join(data_dir, CAPTURE_FILE);
  writeFileSync(`${path}.tmp`, captureBytes(settings), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}
