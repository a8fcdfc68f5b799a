import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../cli/root.ts";
import { table } from "./markdown.ts";

/** Of one process over the measured minute. */
export type IdleCost = { core_percent: number; resident_mb: number; private_mb: number };
/** What `bun run bench idle --write` stores. */
export type IdleFigures = {
  day: string;
  bun: string;
  cores: number;
  /** Average over the minute of what waited for a core, this bench included. */
  load: number;
  bytes: number;
  files: number;
  daemon: IdleCost;
  empty: IdleCost;
};
export const IDLE_FIGURES = join(ROOT, "docs/idle.json");

export function idleTable(): string {
  const { day, bun, cores, load, bytes, files, daemon, empty } = JSON.parse(
    readFileSync(IDLE_FIGURES, "utf8"),
  ) as IdleFigures;
  const row = (name: string, { core_percent, resident_mb, private_mb }: IdleCost) => [
    name,
    `${core_percent.toFixed(2)} %`,
    `${resident_mb} MB`,
    `${private_mb} MB`,
  ];
  const head = ["Process", "Of a core", "Resident", "Of it not shared"];
  const rows = [row("daemon, from a checkout", daemon), row("empty `Bun.serve`", empty)];
  return [
    `Measured on ${day} with Bun ${bun} on ${cores} cores at load ${load}: ${files} files beside a history of ${Math.round(bytes / 1e6)} MB, one minute, after all work was done.`,
    "",
    table(head, rows),
  ].join("\n");
}
