import { lstatSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { AppError } from "../schema/errors.ts";

/**
 * Undefined if nothing exists. A folder that may not be entered is an error: `existsSync` would report its files as
 * missing.
 */
export function statIn(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOTDIR") return undefined;
    throw new AppError("data_directory_unusable", `Cannot use ${dirname(path)}`, {
      hint: "check its owner and permissions, or set HALL_DATA_DIR",
      cause,
    });
  }
}
