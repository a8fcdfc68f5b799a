import { join } from "node:path";

/** Top of the installation: the repository, or the folder of a build. */
export const ROOT = join(import.meta.dir, "..");
