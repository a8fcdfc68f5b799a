import { existsSync, readFileSync } from "node:fs";
import * as z from "zod";
import {
  CAPTURE_MODES,
  type CaptureSettings,
  type CaptureTexts,
  DEFAULT_CAPTURE,
} from "../../schema/capture-settings.ts";
import { AppError } from "../../schema/errors.ts";

/** `capture` of config.json; `mode` of a variable goes before it. */
export const CaptureFile = z.strictObject({
  mode: z.enum(CAPTURE_MODES).optional(),
  projects: z
    .record(z.string().min(1).max(4096), z.enum(CAPTURE_MODES))
    .default({})
    .describe("by project folder; folders below it too, the longest path counts"),
  emails: z.boolean().default(false).describe("cover e-mail addresses as well, where secrets are"),
  history: z.boolean().default(true).describe("read the words of what was there before, after its numbers"),
});

const File = z.looseObject({ capture: CaptureFile.prefault({}) });

/** How much of what was said is kept: `HALL_CAPTURE`, else `capture` of config.json, else all but secrets. */
export function loadCaptureSettings(path: string, mode: CaptureTexts | undefined): CaptureSettings {
  const bad = (message: string, cause?: unknown) =>
    new AppError("bad_config", `${path}: ${message}`, { hint: "correct `capture` in the file", cause });
  let config: unknown = {};
  if (existsSync(path))
    try {
      config = JSON.parse(readFileSync(path, "utf8"));
    } catch (cause) {
      throw bad("not JSON", cause);
    }
  const read = File.safeParse(config);
  if (!read.success) throw bad(z.prettifyError(read.error), read.error);
  const { capture } = read.data;
  return { ...capture, mode: mode ?? capture.mode ?? DEFAULT_CAPTURE.mode };
}
