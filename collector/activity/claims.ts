import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import * as z from "zod";
import { readRegular } from "../../hooks/regular.ts";
import type { Config } from "../../schema/config.ts";
import { vendorsWith } from "../../schema/vendors.ts";
import type { Claim } from "./claim.ts";
import { isRunning } from "./process.ts";

const STATUSES = ["busy", "idle", "waiting", "shell"] as const;
export const REGISTRY_FILE = /^\d{1,10}\.json$/;
const LARGEST_BYTES = 64 * 1024;
/** One folder has a file for each running client; a folder with thousands is not a registry. */
const MOST_FILES = 1000;
/** Ids of another pid namespace cannot be checked; a client rewrites its file with every turn. */
const UNCHECKED_MS = 3_600_000;

const text = z.string().max(8192).catch("");
/** `~/.claude/sessions/<pid>.json` as clients from 2.1.251 on write it; fields come and go with versions. */
const RegistryFile = z.object({
  pid: z.int().positive(),
  sessionId: z.string().min(1).max(200),
  procStart: z.union([z.string(), z.number().transform(String)]).catch(""),
  pidDomain: text,
  startedAt: z.number().catch(0),
  status: z.enum(STATUSES).or(z.literal("")).catch(""),
  statusUpdatedAt: z.number().catch(0),
  waitingFor: text,
  cwd: text,
  version: text,
});
type RegistryFile = z.infer<typeof RegistryFile>;

/** The client's registry is next to its transcripts. */
export function registryFolders(roots: Config["roots"]): string[] {
  return vendorsWith("has_registry")
    .flatMap((name) => roots[name])
    .map((root) => join(dirname(root), "sessions"));
}

/** The claims of this moment, for a process that follows nothing. */
export function readClaims(
  folders: string[],
  now: () => number = Date.now,
): (session_id: string) => Claim | undefined {
  const known = createClaims(() => {}, now);
  for (const path of folders.flatMap(listRegistry)) known.take(path);
  return (session_id) => known.claims.get(session_id);
}

/** The claims for each session, by the files that name it. */
export function createClaims(onChange: (session_id: string) => void, now: () => number) {
  const claims = new Map<string, Claim>();
  /** The session that each file names now. */
  const files = new Map<string, string>();
  const isNamed = (session_id: string) => [...files.values()].includes(session_id);

  function set(session_id: string, claim: Claim): void {
    if (Bun.deepEquals(claims.get(session_id), claim)) return;
    claims.set(session_id, claim);
    onChange(session_id);
  }

  function leave(path: string): void {
    const session_id = files.get(path);
    files.delete(path);
    const known = session_id === undefined ? undefined : claims.get(session_id);
    // A second process may have taken over the session.
    if (session_id === undefined || !known?.is_alive || isNamed(session_id)) return;
    set(session_id, { ...known, is_alive: false, gone_unix_ms: now() });
  }

  function take(path: string): void {
    const entry = read(path);
    if (!entry) return;
    const before = files.get(path);
    // `/clear` names another session in the same file: the process has left the previous one.
    if (before !== undefined && before !== entry.sessionId) leave(path);
    if (isRunning(entry.pid, entry.procStart, entry.pidDomain) ?? isFresh(path, now())) {
      files.set(path, entry.sessionId);
      set(entry.sessionId, toClaim(entry, true, 0));
      return;
    }
    files.delete(path);
    const known = claims.get(entry.sessionId);
    if (known?.is_alive === false || isNamed(entry.sessionId)) return;
    set(entry.sessionId, toClaim(entry, false, known ? now() : lastSign(entry)));
  }

  const leaveAllBut = (seen: ReadonlySet<string>) => {
    for (const path of [...files.keys()]) if (!seen.has(path)) leave(path);
  };
  return { claims, take, leave, leaveAllBut };
}

export function listRegistry(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => REGISTRY_FILE.test(name))
      .slice(0, MOST_FILES)
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Undefined while it is incomplete, or if it is not a registry file. */
function read(path: string): RegistryFile | undefined {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > LARGEST_BYTES) return undefined;
    return RegistryFile.safeParse(JSON.parse(readRegular(path, "theirs").toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

function isFresh(path: string, now: number): boolean {
  try {
    return now - statSync(path).mtimeMs < UNCHECKED_MS;
  } catch {
    return false;
  }
}

const lastSign = (entry: RegistryFile) => Math.max(entry.statusUpdatedAt, entry.startedAt);

function toClaim(entry: RegistryFile, is_alive: boolean, gone_unix_ms: number): Claim {
  return {
    status: entry.status,
    waiting_for: entry.status === "waiting" ? entry.waitingFor : "",
    since_unix_ms: lastSign(entry),
    is_alive,
    gone_unix_ms,
    cwd: entry.cwd,
    version: entry.version,
  };
}
