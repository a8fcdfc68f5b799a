import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { AppError } from "../../schema/errors.ts";

/** The manifest of a plan's folder, or the given manifest itself. */
export function manifestOf(path: string): string {
  const manifest = path.endsWith(".jsonl") ? path : join(path, "manifest.jsonl");
  if (existsSync(manifest) && statSync(manifest).isFile()) return manifest;
  throw new AppError("not_found", `No manifest at ${path}`, {
    hint: "name a plan's folder or its manifest.jsonl",
  });
}

export type Change = { path: string; before: string; after: string };

/** The line of a failed feature with the state pending; every other byte is unchanged. */
export function retryChange(manifest: string, feature: string): Change {
  const before = readFileSync(manifest, "utf8");
  const lines = before.split("\n");
  const at = lines.findIndex((line) => idAndStatus(line)?.id === feature);
  const found = idAndStatus(lines[at] ?? "");
  if (!found) throw new AppError("not_found", `${manifest} has no feature ${feature}`);
  if (found.status !== "failed")
    throw new AppError("usage", `${feature} is ${found.status}, and only a failed feature can be retried`);
  lines[at] = lines[at]!.replace(/("status"\s*:\s*)"failed"/, '$1"pending"');
  if (idAndStatus(lines[at])?.status !== "pending")
    throw new AppError("usage", `the line of ${feature} cannot be edited safely`);
  return { path: manifest, before, after: lines.join("\n") };
}

function idAndStatus(line: string): { id: string; status: string } | undefined {
  try {
    const { id, status } = JSON.parse(line) as { id?: unknown; status?: unknown };
    return typeof id === "string" && typeof status === "string" ? { id, status } : undefined;
  } catch {
    return undefined;
  }
}

/** All or nothing, and only if the file is unchanged: another writer is not overwritten. */
export function writeChange({ path, before, after }: Change): void {
  const mode = statSync(path).mode & 0o777;
  const next = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    writeFileSync(next, after, { mode, flag: "wx" });
    if (readFileSync(path, "utf8") !== before)
      throw new AppError("usage", `${path} changed since it was read`, { hint: "review it and try again" });
    renameSync(next, path);
  } finally {
    rmSync(next, { force: true });
  }
}

/** From the folder of active plans to that of completed ones. */
export function archiveMove(
  folder: string,
  activeDir: string,
  completeDir: string,
): { from: string; to: string } {
  const from = resolve(folder);
  const active = dirname(from);
  if (!active.endsWith(`/${activeDir}`))
    throw new AppError("usage", `${folder} is not in a folder ${activeDir}`, {
      hint: "only an active plan can be archived",
    });
  const to = join(active.slice(0, -activeDir.length), completeDir, basename(from));
  if (existsSync(to))
    throw new AppError("usage", `${to} exists already`, { hint: "rename one of the two plans" });
  return { from, to };
}

export function move({ from, to }: { from: string; to: string }): void {
  mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
}
