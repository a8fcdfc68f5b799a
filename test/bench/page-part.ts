import type { RunningDaemon } from "./daemon.ts";
import type { Figure } from "./measure.ts";
import type { PageWorld } from "./page-world.ts";

export type PageBench = { world: PageWorld; daemon: RunningDaemon; minutes: number };
export type PagePart = (bench: PageBench) => Promise<Figure[]>;
