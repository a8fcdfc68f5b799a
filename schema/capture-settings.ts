/** How much of a conversation is stored: everything, everything except secrets, or only names, sizes and figures. */
export const CAPTURE_MODES = ["full", "redacted", "metadata"] as const;
export type CaptureTexts = (typeof CAPTURE_MODES)[number];

export const toCaptureMode = (word: string | undefined): CaptureTexts | undefined =>
  CAPTURE_MODES.find((mode) => mode === word);

export type CaptureSettings = {
  mode: CaptureTexts;
  projects: Record<string, CaptureTexts>;
  emails: boolean;
  history: boolean;
  /** Sessions with purged texts, as `source:id`: their texts are not stored again. */
  purged?: string[];
};

export const DEFAULT_CAPTURE: CaptureSettings = {
  mode: "redacted",
  projects: {},
  emails: false,
  history: true,
};

/** What is stored of a project; unknown if a text names none. */
export function captureOf(settings: CaptureSettings, project_path: string | undefined): CaptureTexts {
  if (project_path === undefined) return settings.mode;
  let best: { length: number; mode: CaptureTexts } | undefined;
  for (const [folder, mode] of Object.entries(settings.projects)) {
    const path = folder.replace(/\/+$/, "");
    const isBelow = project_path === path || project_path.startsWith(`${path}/`);
    if (isBelow && path.length >= (best?.length ?? 0)) best = { length: path.length, mode };
  }
  return best?.mode ?? settings.mode;
}
