import { accessSync, constants, statSync } from "node:fs";
import { AppError } from "../schema/errors.ts";

/** Rejects an argument that is not a readable file. `hint`: the expected argument. */
export function requireFile(path: string, hint: string): string {
  const problem = problemOf(path);
  if (problem === undefined) return path;
  throw new AppError(problem === "not found" ? "not_found" : "bad_request", `File ${path} ${problem}`, {
    hint,
  });
}

function problemOf(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return "is not a regular file";
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code === "EACCES" ? "cannot be read: permission denied" : "not found";
  }
}
