/** How a short-lived process writes a record to the spool: the hook, the statusline and the sampler write alike. */
import * as fs from "node:fs";
import {
  dataDirectory,
  SPOOL_FOLDER,
  type SpoolKind,
  secondDirectory,
  spoolHeader,
  spoolSegment,
} from "../schema/names.ts";

const NEWLINE = 0x0a;
/** In the spool: one dot for each event that could not be written anywhere. */
export const LOST_FILE = "lost";

export type Crc32 = (bytes: Buffer) => number;
export type Identity = { id: string; unix_ms: number };

/** Where records go, and where they go if the first place is not writable. */
export function spoolHomes(env: Record<string, string | undefined>): string[] {
  const data = dataDirectory(env);
  return [data, secondDirectory(env, data, process.getuid?.())].filter(isUsablePath).map(withoutSlash);
}

/** The spool below a folder, made private on the way; throws if either belongs to another user. */
export function openSpool(folder: string): string {
  const spool = `${folder}/${SPOOL_FOLDER}`;
  ensurePrivate(folder);
  if (ensurePrivate(spool)) keepRoomForLosses(spool);
  return spool;
}

/** Once it has its first block, a file accepts four thousand more bytes on a full disk: each is one lost event. */
export function keepRoomForLosses(spool: string): void {
  if (!fs.existsSync(`${spool}/${LOST_FILE}`)) appendOnce(`${spool}/${LOST_FILE}`, Buffer.of(NEWLINE));
}

/** One write(2) under O_APPEND is not interleaved on a local file system; two would be. */
export function appendRecord(
  spool: string,
  { id, unix_ms }: Identity,
  { kind, body }: { kind: SpoolKind; body: Buffer },
  crc32: Crc32,
): void {
  const covered = Buffer.concat([Buffer.from(`${spoolHeader(kind, id, unix_ms, body.length)}\n`), body]);
  const sum = crc32(covered).toString(16).padStart(8, "0");
  const head = Buffer.from(`\n${kind} ${id} ${unix_ms} ${sum} ${body.length} `);
  appendOnce(`${spool}/${spoolSegment(unix_ms)}`, Buffer.concat([head, body, Buffer.of(NEWLINE)]));
}

export function appendOnce(path: string, bytes: Buffer): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
  // O_NONBLOCK: opening a FIFO without a reader would wait forever.
  const fd = fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), 0o600);
  try {
    const stat = fs.fstatSync(fd);
    // More than one link: another user's file under our name. No link: deleted since it was opened.
    if (!stat.isFile() || stat.nlink !== 1 || !isOurs(stat)) throw new Error("not a file of ours");
    if (fs.writeSync(fd, bytes) !== bytes.length) throw new Error("short write");
  } finally {
    fs.closeSync(fd);
  }
}

/**
 * A folder of ours that no other user may write; true if it was created. A link is accepted if it is ours or the
 * administrator's and leads to such a folder.
 */
export function ensurePrivate(folder: string): boolean {
  let stat = fs.lstatSync(folder, { throwIfNoEntry: false });
  const isMade = !stat && fs.mkdirSync(folder, { recursive: true, mode: 0o700 }) !== undefined;
  stat ??= fs.lstatSync(folder);
  if (stat.isSymbolicLink() && (isOurs(stat) || stat.uid === 0)) stat = fs.statSync(folder);
  if (!stat.isDirectory() || (stat.mode & 0o022) !== 0 || !isOurs(stat))
    throw new Error("not a folder of ours");
  return isMade;
}

export async function loadCrc32(): Promise<Crc32> {
  // Bun's own is built in; loading zlib costs a millisecond.
  if (typeof Bun !== "undefined") return Bun.hash.crc32;
  return (await import("node:zlib")).crc32;
}

/**
 * UUIDv7 with this process's number in its random part: no two processes of one machine share it within a millisecond,
 * so randomness is only needed between machines. Loading the system's generator costs a millisecond.
 */
export function uuidV7(unixMs: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(unixMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | Math.floor(Math.random() * 0x1000), 6);
  bytes.writeUInt32BE(Math.floor(Math.random() * 0x1_0000_0000), 8);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  bytes.writeUInt32BE(process.pid >>> 0, 12);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function isOurs(stat: fs.Stats): boolean {
  return process.getuid === undefined || stat.uid === process.getuid();
}

/** A relative folder would be a different one in every project. */
function isUsablePath(path: string | undefined): path is string {
  return path !== undefined && /^([\\/]|[A-Za-z]:[\\/])/.test(path);
}

/** lstat of `link/` follows the link. */
function withoutSlash(path: string): string {
  return path.replace(/[\\/]+$/, "");
}
