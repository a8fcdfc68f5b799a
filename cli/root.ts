import { join } from "node:path";

/** The build that a checkout keeps of itself. */
const KEPT = /\/\.bun\/program\/[^/]+\/cli$/;

/** Top of the installation: the repository, or the folder of a build. */
export const ROOT = join(import.meta.dir.replace(KEPT, "/cli"), "..");
