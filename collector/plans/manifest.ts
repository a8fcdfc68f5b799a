import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { type ManifestFeature, ManifestLine } from "../../schema/plan.ts";

const LIMIT_BYTES = 1024 * 1024;
const MOST_FEATURES = 2000;

export type BadLine = {
  offset: number;
  length_bytes: number;
  reason: "invalid_json" | "unknown_shape" | "oversize";
  detail: string;
};
/** `features` is undefined for a file without a single one: it is not a plan's manifest, or is being rewritten. */
export type ReadManifest = {
  features: ManifestFeature[] | undefined;
  rejects: BadLine[];
  hash: string;
  mtime_unix_ms: number;
  inode: number;
  size_bytes: number;
};

/** Reads a whole manifest; undefined if it does not exist, is not a regular file or cannot be read. */
export function readManifest(path: string): ReadManifest | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return undefined;
    const place = { mtime_unix_ms: Math.floor(stats.mtimeMs), inode: stats.ino, size_bytes: stats.size };
    if (stats.size > LIMIT_BYTES) {
      const detail = `longer than ${LIMIT_BYTES} bytes`;
      const rejects = [{ offset: 0, length_bytes: stats.size, reason: "oversize" as const, detail }];
      return { features: undefined, rejects, hash: "", ...place };
    }
    const bytes = Buffer.alloc(stats.size);
    const got = readSync(fd, bytes, 0, stats.size, 0);
    return { ...parseManifest(bytes.subarray(0, got)), ...place };
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/**
 * Every line with an id and a state; any other line is a reject. Of two lines with the same id the first one counts.
 */
function parseManifest(bytes: Buffer): Pick<ReadManifest, "features" | "rejects" | "hash"> {
  const features = new Map<string, ManifestFeature>();
  const rejects: BadLine[] = [];
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.toString("utf8", start, end);
    if (line.trim() !== "") {
      const parsed = parseLine(line);
      if (typeof parsed === "string") {
        const reason = parsed === "" ? ("invalid_json" as const) : ("unknown_shape" as const);
        rejects.push({ offset: start, length_bytes: end - start, reason, detail: parsed || "not JSON" });
      } else if (!features.has(parsed.id) && features.size < MOST_FEATURES) features.set(parsed.id, parsed);
    }
    start = end + 1;
  }
  const hash = new Bun.CryptoHasher("sha256").update(bytes).digest("hex").slice(0, 32);
  return { features: features.size > 0 ? [...features.values()] : undefined, rejects, hash };
}

/** The feature, or what is wrong; empty for what is not JSON. */
function parseLine(line: string): ManifestFeature | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "";
  }
  const parsed = ManifestLine.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "no feature"}`.slice(0, 200);
}
