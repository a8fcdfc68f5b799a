/** A machine that sleeps for two hours: its clock jumps. */
import { createCommandProbe } from "../collector/limits/command.ts";
import { PROBE_LIMITS } from "../collector/limits/probe.ts";
import { createFakes, type Fakes, until } from "./demo-fakes.ts";
import type { Report } from "./demo-report.ts";
import { openStack } from "./demo-stack.ts";

const CADENCE_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;
const SLEPT_MS = 2 * HOUR_MS;
/** Long enough for a burst of the 24 missed cycles to be seen. */
const WATCH_MS = 500;
const SOURCES = ["claude", "codex"] as const;

const createProbes = (fakes: Fakes) =>
  SOURCES.map((source) =>
    createCommandProbe({
      source,
      path: fakes.create(source, 1),
      cadence_ms: CADENCE_MS,
      ...PROBE_LIMITS,
      env: { PATH: process.env.PATH ?? "" },
    }),
  );

export async function demoSleep(report: Report, folder: string): Promise<void> {
  report.title("The machine sleeps for two hours (a jump of the sampler's clock)");
  const fakes = createFakes(folder);
  let slept = 0;
  const now = () => Date.now() + slept;
  await using stack = openStack(folder, createProbes(fakes), now);
  const { sampler } = stack;
  const runs = () => SOURCES.map((source) => fakes.runs(source));
  const captures = () => sampler.health().map((h) => h.captures);
  const session = async () => (await stack.get("GET /api/limits")).dials.find((d) => d.dial === "S");

  fakes.setClock(now());
  sampler.start();
  await until("the first capture", () => captures().every((n) => n === 1));
  await stack.store();
  report.expect("A-17", "before: the value is fresh", (await session())?.state, "fresh");

  slept = SLEPT_MS;
  fakes.setClock(now());
  await until("a capture begins", () => runs().every((n) => n === 2));
  const stale = await session();
  report.expect("A-17", "awake: a capture has begun, the old value is stale", stale?.state, "stale");
  report.expect("A-17", "and shows its age of two hours", Math.floor((stale?.age_seconds ?? 0) / 3600), 2);
  report.dials("awake, before the capture", (await stack.get("GET /api/limits")).dials);

  for (const source of SOURCES) fakes.allow(source, 99);
  await until("it lands", () => captures().every((n) => n === 2));
  await stack.store();
  await Bun.sleep(WATCH_MS);
  report.expect("A-17", "one capture, and none of the 24 that were missed", runs(), [2, 2]);
  report.expect("A-17", "one jump was noticed", sampler.counters.wakes, 1);
  report.expect("A-17", "the new value is fresh", (await session())?.state, "fresh");
  report.dials("after the capture", (await stack.get("GET /api/limits")).dials);
  await checkHours(report, stack);
}

async function checkHours(report: Report, stack: ReturnType<typeof openStack>): Promise<void> {
  const history = await stack.get("GET /api/limits/history", {
    query: { source: "claude", window: "5h" },
  });
  const hours = history.series[0]?.hours.map((h) => h.hour_unix_ms) ?? [];
  const gap = hours.length === 2 ? (hours[1]! - hours[0]!) / HOUR_MS : hours;
  report.expect("A-17", "history has the hours before and after, and not the one between", gap, 2);
}
