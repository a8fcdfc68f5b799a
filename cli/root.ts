import { join } from "node:path";

/** Top of the installation: of the repository, or of the folder a build was put into. */
export const ROOT = join(import.meta.dir, "..");
