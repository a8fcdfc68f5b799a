import { writeFileSync } from "node:fs";
import { REPOSITORY } from "./measure.ts";

type Machine = { day: string; bun: string; cores: number };

/** Stores figures that a document prints, with the day and the class of the machine, and prints them. */
export function writeFigures<Figures extends Machine>(
  path: string,
  figures: Omit<Figures, keyof Machine>,
): void {
  const machine: Machine = {
    day: new Date().toISOString().slice(0, 10),
    bun: Bun.version,
    cores: navigator.hardwareConcurrency,
  };
  writeFileSync(path, `${JSON.stringify({ ...machine, ...figures }, undefined, 2)}\n`);
  Bun.spawnSync([process.execPath, "scripts/readme.ts"], { cwd: REPOSITORY, stdout: "ignore" });
}
