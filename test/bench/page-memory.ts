import { type Figure, median } from "./measure.ts";
import { type Attached, openBrowser, type Tab } from "./page-browser.ts";
import type { PagePart } from "./page-part.ts";
import { resident } from "./settle.ts";
import { createRecorder } from "./spool-events.ts";

const SAMPLE_S = 30;
const PER_S = 5;
const SHOWN = 4;

type Sample = Record<string, number>;

/**
 * A daemon and two tabs for so many minutes at five events a second. Flat is what takes no more at the end than
 * after its first third, in which lists and caches fill up to their bounds.
 */
export const memory: PagePart = async ({ daemon, world, minutes }) => {
  const recorder = createRecorder(world.dataDir, world.config);
  const browser = await openBrowser();
  try {
    const tabs = { now: await browser.tab(daemon.url), events: await browser.tab(`${daemon.url}/events`) };
    await tabs.now.page.bringToFront();
    for (const { cdp } of Object.values(tabs)) await cdp.send("Performance.enable");
    const worker = await browser.worker();
    const samples: Sample[] = [];
    await recorder.run(PER_S, minutes * 60 + 1, async (s) => {
      if (s % SAMPLE_S !== 0) return;
      const sample = { ...processOf(daemon.pid), ...(await pagesOf(tabs, worker)) };
      samples.push(sample);
      report(s, sample);
    });
    return figuresOf(samples);
  } finally {
    await browser.close();
  }
};

function report(s: number, figures: Record<string, number>): void {
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(1)}`);
  console.error(`  ${new Date().toISOString().slice(11, 19)} ${s} s: ${text.join(" · ")}`);
}

function processOf(pid: number): Sample {
  return { "daemon rss MB": resident(pid), "daemon private MB": resident(pid, "RssAnon") };
}

/**
 * What is held, and nothing else: rows that left a list stay among the nodes until garbage is collected, so that a
 * count before it swings between one view's worth and three.
 */
async function pagesOf(tabs: Record<string, Tab>, worker: Attached | undefined) {
  const figures: Record<string, number> = {};
  for (const [name, { page, cdp }] of Object.entries(tabs)) {
    await cdp.send("HeapProfiler.collectGarbage");
    const { metrics } = await cdp.send("Performance.getMetrics");
    const of = (metric: string) => metrics.find((m) => m.name === metric)?.value ?? Number.NaN;
    figures[`${name} heap MB`] = of("JSHeapUsedSize") / 1e6;
    figures[`${name} nodes`] = of("Nodes");
    figures[`${name} shown elements`] = await page.evaluate(() => document.querySelectorAll("*").length);
    figures[`${name} listeners`] = of("JSEventListeners");
  }
  if (worker) {
    await worker.send("HeapProfiler.collectGarbage");
    figures["worker heap MB"] =
      (await worker.send<{ usedSize: number }>("Runtime.getHeapUsage")).usedSize / 1e6;
  }
  return figures;
}

/** Of each: the median of its last values to that of those after a third. */
function figuresOf(samples: Sample[]): Figure[] {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample)))];
  return names.map((name) => {
    const values = samples.map((sample) => sample[name]).filter((v) => v !== undefined);
    const third = Math.floor(values.length / 3);
    const [before, after] = [median(values.slice(third, third + SHOWN)), median(values.slice(-SHOWN))];
    const note = `from ${values[0]?.toFixed(1)} by ${before.toFixed(1)} to ${after.toFixed(1)}`;
    return {
      name: `${name}, at the end to after a third`,
      value: after / before,
      unit: "x",
      limit: 1.15,
      note,
    };
  });
}
