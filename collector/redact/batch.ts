import { METADATA_NAME } from "../../hooks/redact/names.ts";
import { isSecretName, isValue, NAMED } from "../../hooks/redact/payload.ts";
import { type CaptureSettings, type CaptureTexts, captureOf } from "../../schema/capture-settings.ts";
import type { MetricEvent } from "../../schema/events.ts";
import { cutText } from "../../schema/text.ts";
import { TEXT_LIMIT_CHARS } from "../../schema/texts.ts";
import type { FileBatch, Reject, ToolCallObservation } from "../../store/batch.ts";
import { redactText } from "./redact.ts";

/** Extra characters, so that a secret at the cut is complete. */
const CUT_MARGIN = 4096;

/**
 * The one stage before anything is stored: secrets are redacted, or texts omitted, by the settings of each session's
 * project. Changes the batch in place.
 */
export function captureBatch(batch: FileBatch, settings: CaptureSettings): void {
  const modes = modesOf(batch, settings);
  const cover = (text: string) => coverCut(text, (whole) => redactText(whole, settings));
  for (const session of batch.sessions)
    if (session.title !== undefined) {
      const title = captureText(session.title, modes(session.session_id), cover);
      if (title === undefined) delete session.title;
      else session.title = title;
    }
  for (const turn of batch.turns)
    if (turn.prompt !== undefined)
      turn.prompt = captureText(turn.prompt, modes(turn.session_id), cover) ?? "";
  for (const agent of batch.agents)
    if (agent.description !== undefined)
      agent.description = captureText(agent.description, modes(agent.session_id), cover) ?? "";
  for (const call of batch.tool_calls) captureCall(call, modes(call.session_id), cover);
  for (const event of batch.events) captureEvent(event, modes(event.session_id, event.project_path), cover);
  for (const reject of batch.rejects) captureReject(reject, settings, cover);
  if (batch.texts) batch.texts = captureTexts(batch.texts, modes, cover);
}

type ModeOf = (session_id: string, project_path?: string) => CaptureTexts;
type Cover = (text: string) => string;

/** Few lines of a session name its folder; a file of one session names it once. */
function modesOf(batch: FileBatch, settings: CaptureSettings): ModeOf {
  const purged = new Set(settings.purged);
  const of = modesByProject(batch, settings);
  const prefix = `${batch.cursor.source}:`;
  return purged.size === 0
    ? of
    : (session_id, project) => (purged.has(prefix + session_id) ? "metadata" : of(session_id, project));
}

function modesByProject(batch: FileBatch, settings: CaptureSettings): ModeOf {
  if (Object.keys(settings.projects).length === 0) return () => settings.mode;
  const projects = new Map<string, string>();
  for (const { session_id, project_path } of batch.sessions)
    if (project_path) projects.set(session_id, project_path);
  return (session_id, project_path) => captureOf(settings, project_path ?? projects.get(session_id));
}

function captureText(text: string, mode: CaptureTexts, cover: Cover): string | undefined {
  if (mode === "metadata") return undefined;
  return mode === "full" ? text : cover(text);
}

function captureCall(call: ToolCallObservation, mode: CaptureTexts, cover: Cover): void {
  if (call.summary) call.summary = captureText(call.summary, mode, cover);
  if (call.error) call.error = captureText(call.error, mode, cover);
}

function captureTexts(texts: NonNullable<FileBatch["texts"]>, modes: ModeOf, cover: Cover) {
  return texts.flatMap((t) => {
    const mode = modes(t.session_id);
    if (mode === "metadata") return [];
    const near = cutText(t.text, TEXT_LIMIT_CHARS + CUT_MARGIN);
    const text = mode === "full" ? near : cover(near);
    const isCut = t.text.length > near.length || text.length > TEXT_LIMIT_CHARS;
    return [{ ...t, text: cutText(text, TEXT_LIMIT_CHARS), ...(isCut && { whole_chars: t.text.length }) }];
  });
}

/** Lengths at which texts were truncated before. */
const CUTS = new Set([80, 200, 500, 2000].flatMap((chars) => [chars - 1, chars]));
/** A letter, digit and hexadecimal digit: padding with it gives a truncated secret its full length. */
const FILLER = "0".repeat(100);

/** A truncated secret is redacted as well. */
function coverCut(text: string, cover: Cover): string {
  if (!text.endsWith("…") && !CUTS.has(text.length)) return cover(text);
  const cut = text.replace(/…$/, "");
  const covered = cover(cut + FILLER);
  return covered.endsWith(FILLER) ? covered.slice(0, -FILLER.length) + text.slice(cut.length) : covered;
}

/** A line that could not be parsed names no project: the strictest of all settings applies. */
function captureReject(reject: Reject, settings: CaptureSettings, cover: Cover): void {
  const isBare = [settings.mode, ...Object.values(settings.projects)].includes("metadata");
  if (isBare && reject.reason === "invalid_json") reject.detail = "";
  else if (settings.mode !== "full") reject.detail = cover(reject.detail);
}

function captureEvent(event: MetricEvent, mode: CaptureTexts, cover: Cover): void {
  if (mode === "full" || event.source === "hall") return;
  event.data = (
    mode === "metadata" ? mapTexts(withoutTexts(event.data), cover) : mapTexts(event.data, cover)
  ) as MetricEvent["data"];
}

/** Every text of a value, however deep; data is already bounded here. */
function mapTexts(value: unknown, map: Cover): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      // `{"password": "…"}` is a secret by its name, which the text alone does not have.
      if (typeof inner === "string" && isSecretName(name) && isValue(inner)) return [map(name), NAMED];
      return [map(name), mapTexts(inner, map)];
    }),
  );
}

/** Figures and names; only the size of every other text. */
export function withoutTexts(data: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, value]): [string, unknown][] => {
      if (typeof value === "number" || typeof value === "boolean" || value === null) return [[name, value]];
      if (typeof value === "string" && METADATA_NAME.test(name)) return [[name, value.slice(0, 200)]];
      if (name.endsWith("_bytes")) return [[name, value]];
      return [
        [`${name}_bytes`, Buffer.byteLength(typeof value === "string" ? value : JSON.stringify(value))],
      ];
    }),
  );
}
