import { Database } from "bun:sqlite";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { statIn } from "./stat.ts";

export const LOCK_FILE = "lock.db";

/** Where SQLite puts its locks: the pending byte, the reserved one and 510 shared ones. */
const LOCK_START = 0x40000000n;
const LOCK_BYTES = 512n;
/** Linux, 64 bit: `struct flock` and its numbers are the same on x64 and arm64. */
const F_GETLK = 5;
const F_WRLCK = 1;
const F_UNLCK = 2;
const FLOCK = { bytes: 32, type: 0, start: 8, length: 16, pid: 24 };
const LIBC = ["libc.so.6", "libc.so", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/**
 * The holder of the lock of a data directory; undefined if it is free. The kernel names the process on Linux;
 * elsewhere, and across namespaces, `pid` stays undefined. The holder itself must not call this: closing any handle of
 * a file drops this process's locks on it.
 */
export function lockHolder(dataDir: string): { pid: number | undefined } | undefined {
  const path = join(dataDir, LOCK_FILE);
  if (statIn(path)?.isFile() !== true) return undefined;
  const holder = process.platform === "linux" ? kernelHolder(path) : "unknown";
  return holder === "unknown" ? (isHeld(path) ? { pid: undefined } : undefined) : holder;
}

function kernelHolder(path: string): { pid: number | undefined } | undefined | "unknown" {
  let fd: number | undefined;
  try {
    const { ptr } = require("bun:ffi") as typeof import("bun:ffi");
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const lock = Buffer.alloc(FLOCK.bytes);
    lock.writeInt16LE(F_WRLCK, FLOCK.type);
    lock.writeBigInt64LE(LOCK_START, FLOCK.start);
    lock.writeBigInt64LE(LOCK_BYTES, FLOCK.length);
    if (fcntl()?.(fd, F_GETLK, ptr(lock)) !== 0) return "unknown";
    if (lock.readInt16LE(FLOCK.type) === F_UNLCK) return undefined;
    const pid = lock.readInt32LE(FLOCK.pid);
    return { pid: pid > 0 ? pid : undefined };
  } catch {
    return "unknown";
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Loaded on first use: `dlopen` compiles a trampoline. */
function fcntl(): ((fd: number, command: number, lock: number) => number) | undefined {
  const { dlopen } = require("bun:ffi") as typeof import("bun:ffi");
  for (const name of LIBC)
    try {
      const { symbols } = dlopen(name, { fcntl: { args: ["i32", "i32", "ptr"], returns: "i32" } });
      return symbols.fcntl as never;
    } catch {
      // The C library has another name here.
    }
  return undefined;
}

/** Takes the shared lock for a moment, which fails while a holder has the exclusive one. */
function isHeld(path: string): boolean {
  let db: Database | undefined;
  try {
    db = new Database(path, { readonly: true });
    db.run("pragma busy_timeout = 0");
    db.query("select count(*) from sqlite_master").get();
    return false;
  } catch (cause) {
    return (cause as { code?: string }).code?.startsWith("SQLITE_BUSY") === true;
  } finally {
    db?.close();
  }
}
