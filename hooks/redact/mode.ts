/** What a carrier may write of a payload; the same as `hooks/native/mode.h`. */
import * as fs from "node:fs";
import {
  CAPTURE_MODES,
  type CaptureSettings,
  type CaptureTexts,
  toCaptureMode,
} from "../../schema/capture-settings.ts";
import { topString } from "./payload.ts";

/** In the data directory: the daemon's capture settings, for processes that have no time to parse config.json. */
export const CAPTURE_FILE = "capture";
const LIMIT_BYTES = 65_536;

/** Mode, e-mails, then mode and folder of each project, each ended by NUL. */
export function captureBytes({ mode, emails, projects }: CaptureSettings): Buffer {
  const own = Object.entries(projects).map(([folder, m]) => `${m[0]}${folder.replace(/\/+$/, "")}\0`);
  return Buffer.from(`${mode[0]}${emails ? "e" : "-"}\0${own.join("")}`);
}

export type Allowed = { mode: CaptureTexts; emails: boolean };
type Settings = {
  mode: CaptureTexts;
  emails: boolean;
  projects: [string, CaptureTexts][];
  is_stale: boolean;
};

const stricter = (a: CaptureTexts, b: CaptureTexts) =>
  CAPTURE_MODES.indexOf(a) > CAPTURE_MODES.indexOf(b) ? a : b;

/** `folder` is the data directory. A file that is not trustworthy may have asked for less. */
export function allowedFor(
  payload: string,
  folder: string | undefined,
  env: Record<string, string | undefined>,
): Allowed {
  const variable = env.HALL_CAPTURE ? (toCaptureMode(env.HALL_CAPTURE) ?? "redacted") : undefined;
  const settings = folder?.startsWith("/") ? readSettings(folder) : undefined;
  if (settings === undefined) return { mode: variable ?? "redacted", emails: false };
  if (settings === "bad") return { mode: stricter(variable ?? "full", "redacted"), emails: true };
  const { emails, is_stale } = settings;
  const base = stricter(variable ?? "full", settings.mode);
  const mode = ofProject(base, settings.projects, payload);
  return is_stale ? { mode: stricter(mode, "redacted"), emails: true } : { mode, emails };
}

/** The mode of the nearest folder; the strictest of all if the payload names no folder. */
function ofProject(base: CaptureTexts, projects: [string, CaptureTexts][], payload: string): CaptureTexts {
  if (projects.length === 0) return base;
  const cwd = topString(payload, "cwd");
  if (cwd === undefined)
    return projects.reduce((all, [, mode]) => stricter(all, mode), stricter(base, "redacted"));
  let best: [string, CaptureTexts] | undefined;
  for (const project of projects) {
    const [path] = project;
    if ((cwd === path || cwd.startsWith(`${path}/`)) && path.length >= (best?.[0].length ?? 0))
      best = project;
  }
  return best?.[1] ?? base;
}

function readSettings(folder: string): Settings | "bad" | undefined {
  try {
    const path = `${folder}/${CAPTURE_FILE}`;
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (!stat) return undefined;
    const isOurs = process.getuid === undefined || stat.uid === process.getuid();
    if (!stat.isFile() || !isOurs || stat.size >= LIMIT_BYTES || stat.size < 3) return "bad";
    const [head, ...own] = fs.readFileSync(path, "utf8").split("\0");
    if (head?.length !== 2 || own.pop() !== "") return "bad";
    const config = fs.lstatSync(`${folder}/config.json`, { throwIfNoEntry: false });
    return {
      mode: modeOf(head),
      emails: head[1] === "e",
      projects: own.map((row) => [row.slice(1), modeOf(row)]),
      is_stale: config?.isFile() === true && config.mtimeMs > stat.mtimeMs,
    };
  } catch {
    return "bad";
  }
}

const modeOf = (letters: string): CaptureTexts =>
  letters[0] === "f" ? "full" : letters[0] === "m" ? "metadata" : "redacted";
