import { readFileSync, readlinkSync } from "node:fs";

/** Field 22 of /proc/<pid>/stat, counted after the command, which may contain spaces and brackets itself. */
const START_TIME_FIELD = 19;

/**
 * Whether a process still runs, by its id and, if available, by its start time: ids are reused. `domain` is the
 * client's `pidDomain`; undefined if ids of another namespace cannot be checked.
 */
export function isRunning(pid: number, start: string, domain: string): boolean | undefined {
  if (isForeign(domain)) return undefined;
  const seen = startOf(pid);
  if (seen !== undefined) return start === "" || !/^\d+$/.test(start) || seen === start;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[START_TIME_FIELD];
  } catch {
    return undefined;
  }
}

let ownNamespace: string | undefined;

function isForeign(domain: string): boolean {
  const namespace = /pid:\[\d+\]$/.exec(domain)?.[0];
  if (!namespace) return false;
  try {
    ownNamespace ??= readlinkSync("/proc/self/ns/pid");
  } catch {
    return false;
  }
  return ownNamespace !== namespace;
}
