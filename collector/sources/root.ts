import { existsSync, realpathSync } from "node:fs";
import type { Root } from "../discover.ts";
import type { Source } from "./source.ts";

/** One folder under two names is one folder. */
export function rootsOf(source: Source, paths: readonly string[]): Root[] {
  return paths.map((path) => ({ source, path: existsSync(path) ? realpathSync(path) : path }));
}
