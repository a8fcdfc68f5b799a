import { claude } from "./claude/source.ts";
import { codex } from "./codex/source.ts";
import type { Source } from "./source.ts";
import { spool } from "./spool.ts";

const SOURCES: Record<Source["name"], Source | undefined> = {
  ...{ claude, codex, spool },
  // Nothing of these two is read from files line by line.
  ...{ plan: undefined, hall: undefined },
};

/** A worker knows sources by their names only. */
export function sourceNamed(name: Source["name"]): Source {
  const source = SOURCES[name];
  if (!source) throw new Error(`no source is named ${name}`);
  return source;
}
