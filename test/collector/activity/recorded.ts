import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type SpoolKind, spoolHeader } from "../../../schema/names.ts";

const FIXTURES = join(import.meta.dir, "../../fixtures/claude-332");

export type RecordedHook = { file: string; t_ms: number; event: string; session_id: string; body: string };
export type RecordedClaim = {
  t_ms: number;
  event: "content" | "removed" | "action" | "other file";
  content?: Record<string, unknown> & { sessionId: string; status?: string; waitingFor?: string };
};

const lines = <T>(path: string): T[] =>
  readFileSync(join(FIXTURES, path), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);

/** The hook calls of one recorded terminal session in order of arrival. */
export function recordedHooks(run: string): RecordedHook[] {
  return lines<Omit<RecordedHook, "body">>("hooks/INDEX.jsonl")
    .filter((entry) => entry.file.startsWith(`332-${run}-`))
    .map((entry) => ({ ...entry, body: readFileSync(join(FIXTURES, "hooks", entry.file), "utf8").trim() }));
}

/** Each content of the client's registry file while that session ran. */
export function recordedClaims(run: string): RecordedClaim[] {
  return lines<RecordedClaim>(`registry/332-${run}.jsonl`);
}

/** The hook call as the carrier leaves it in the spool. */
export function spoolLine({ file, t_ms, body }: RecordedHook, kind: SpoolKind = "hook/1"): string {
  const text = Buffer.from(JSON.stringify(JSON.parse(body)));
  const header = spoolHeader(kind, file.replaceAll(".", "-"), t_ms, text.length);
  const sum = crc32(text, crc32(`${header}\n`))
    .toString(16)
    .padStart(8, "0");
  const [, id, time, length] = header.split(" ");
  return `${kind} ${id} ${time} ${sum} ${length} ${text}\n`;
}
