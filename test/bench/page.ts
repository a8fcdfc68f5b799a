/** The page in a real Chromium over a real daemon with 1,800 sessions and a million events. */
import { startDaemon } from "./daemon.ts";
import type { Figure } from "./measure.ts";
import { answers, routes } from "./page-answers.ts";
import { frames } from "./page-frames.ts";
import { large } from "./page-large.ts";
import { firstLoad } from "./page-load.ts";
import { memory } from "./page-memory.ts";
import type { PagePart } from "./page-part.ts";
import { largeSession, walk } from "./page-reaction.ts";
import { tabs, traffic } from "./page-traffic.ts";
import { preparePageWorld } from "./page-world.ts";
import { settle } from "./settle.ts";

const PARTS: Record<string, PagePart> = {
  load: firstLoad,
  answers,
  routes,
  session: largeSession,
  walk,
  frames,
  traffic,
  tabs,
  large,
  memory,
};

/** `parts`: some of them, by name; the store is kept for a day, so that one after another can run. */
export async function benchPage(events: number, minutes: number, parts: string[]): Promise<Figure[]> {
  const unknown = parts.find((name) => !Object.hasOwn(PARTS, name));
  if (unknown !== undefined)
    throw new Error(`the page has no part "${unknown}": ${Object.keys(PARTS).join(", ")}`);
  const world = await preparePageWorld(events);
  const daemon = await startDaemon(world.env);
  try {
    await settle(daemon.pid);
    const figures: Figure[] = [];
    for (const name of parts.length > 0 ? parts : Object.keys(PARTS)) {
      const found = await PARTS[name]!({ world, daemon, minutes });
      figures.push(...found);
      // It takes minutes: each part is shown as it is measured.
      for (const f of found) console.error(`  ${f.name}: ${f.value.toFixed(1)} ${f.unit} ${f.note ?? ""}`);
    }
    return figures;
  } finally {
    await daemon.stop();
  }
}
