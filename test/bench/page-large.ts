import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { SPOOL_FOLDER, spoolSegment } from "../../schema/names.ts";
import { spoolRecord } from "../e2e/records.ts";
import { BACKFILL } from "./corpus.ts";
import { startDaemon } from "./daemon.ts";
import { benchRoot, cleanEnv, type Figure, mustSucceed, run } from "./measure.ts";
import type { PagePart } from "./page-part.ts";
import { opened, type Seen } from "./page-watch.ts";
import { settle } from "./settle.ts";

const SESSIONS = 100_000;
const REJECTS = 10_000;
const DAYS = 400;
const DAY = 86_400_000;
const PER_SEGMENT = 5000;
/** Steps of a person who drags the scroll bar from one end to the other. */
const STEPS = 60;
const RARE = "zebra";

/** A store of 100,000 sessions that hooks began, and of 10,000 lines that are no JSON; kept for a day. */
async function prepare(): Promise<Record<string, string>> {
  const folder = join(benchRoot(), `hall-bench-page-large-${new Date().toISOString().slice(0, 10)}`);
  const [config, dataDir, ready] = [join(folder, "claude"), join(folder, "data"), join(folder, "ready")];
  const env = cleanEnv(folder, { CLAUDE_CONFIG_DIR: config, CODEX_HOME: join(folder, "codex") });
  if (existsSync(ready)) return env;
  rmSync(folder, { recursive: true, force: true });
  const projects = join(config, "projects", "-home-dev");
  mkdirSync(projects, { recursive: true });
  mkdirSync(join(dataDir, SPOOL_FOLDER), { recursive: true, mode: 0o700 });
  const now = Date.now();
  for (let first = 0; first < SESSIONS; first += PER_SEGMENT) {
    const records = Array.from({ length: PER_SEGMENT }, (_, i) => first + i).flatMap((n) => {
      const at = now - Math.round((n / SESSIONS) * DAYS * DAY) - 60_000;
      const of = {
        session_id: `${n.toString(16).padStart(8, "0")}-0000-4000-8000-000000000000`,
        cwd: `/home/dev/project-${n % 300}`,
      };
      const prompt = `Task ${n}: make the ${n % 1000 === 7 ? RARE : "cart"} total right`;
      return [
        spoolRecord(
          crypto.randomUUID(),
          { ...of, hook_event_name: "UserPromptSubmit", prompt, prompt_id: `p${n}` },
          at,
        ),
        spoolRecord(
          crypto.randomUUID(),
          { ...of, hook_event_name: "SessionEnd", reason: "other" },
          at + 30_000,
        ),
      ];
    });
    const segment = spoolSegment(now - (SESSIONS / PER_SEGMENT - first / PER_SEGMENT) * 60_000);
    writeFileSync(join(dataDir, SPOOL_FOLDER, segment), Buffer.concat(records), { mode: 0o600, flag: "a" });
  }
  writeFileSync(
    join(projects, "broken.jsonl"),
    Array.from({ length: REJECTS }, (_, n) => `{"broken":${n}\n`).join(""),
  );
  mustSucceed(await run(BACKFILL, env), "backfill");
  writeFileSync(ready, "");
  return env;
}

const rowsAre = (page: Page, row: string, text = "") =>
  page.waitForFunction(
    ([selector, wanted]) =>
      document.querySelectorAll(".skeleton, .session-line.is-empty").length === 0 &&
      [...document.querySelectorAll(selector!)].some((r) => r.textContent?.includes(wanted!)),
    [row, text],
    { polling: 10 },
  );

/** How long it takes until rows are there after `act`. */
async function timed(page: Page, act: () => Promise<unknown>, row: string, text = ""): Promise<number> {
  const before = performance.now();
  await act();
  await rowsAre(page, row, text);
  return performance.now() - before;
}

/** Scrolls a list to its end, a step a frame: the longest frame, the most elements, and when the last row is whole. */
async function toEnd(
  page: Page,
  list: string,
  row: string,
): Promise<{ frame: number; nodes: number; ms: number }> {
  const before = performance.now();
  const { frame, nodes } = await page.evaluate(
    async ([selector, steps]) => {
      const box = document.querySelector(selector as string)!;
      const { gaps } = (globalThis as unknown as { seen: Seen }).seen;
      let [most, last] = [0, performance.now()];
      for (let step = 1; step <= (steps as number); step++) {
        box.scrollTop = (box.scrollHeight / (steps as number)) * step;
        await new Promise(requestAnimationFrame);
        const at = performance.now();
        gaps.push(at - last);
        last = at;
        most = Math.max(most, document.querySelectorAll("*").length);
      }
      return { frame: Math.max(...gaps.splice(0)), nodes: most };
    },
    [list, STEPS],
  );
  await rowsAre(page, row);
  return { frame, nodes, ms: performance.now() - before };
}

/** The lists that grow without bound, far beyond the size that a machine has today. */
export const large: PagePart = async () => {
  const daemon = await startDaemon(await prepare());
  try {
    await settle(daemon.pid);
    const { open } = await opened();
    const { page } = open;
    await page.goto(daemon.url);
    await page.getByRole("status").getByText("Live").waitFor();
    const row = ".session-line:not(.session-heads, .is-empty)";
    const first = await timed(page, () => page.goto(`${daemon.url}/sessions`), row, "Task 0:");
    const end = await toEnd(page, ".sessions-table .virtual", row);
    await page.goto(`${daemon.url}/sessions`);
    await rowsAre(page, row);
    const sorted = await timed(
      page,
      () => page.goto(`${daemon.url}/sessions?sort=-started`),
      row,
      `Task ${SESSIONS - 1}:`,
    );
    const found = await timed(page, () => page.goto(`${daemon.url}/sessions?q=${RARE}`), row, RARE);
    const rejected = await timed(page, () => page.goto(`${daemon.url}/health`), ".reject");
    const rejects = await toEnd(page, ".rejects .virtual", ".reject");
    await open.close();
    const figure = (name: string, value: number, unit: string, limit: number): Figure => ({
      name,
      value,
      unit,
      limit,
    });
    return [
      figure("100,000 sessions are shown", first, "ms", 500),
      figure("their end is shown after a scroll", end.ms, "ms", 2500),
      figure("longest frame of the scroll", end.frame, "ms", 100),
      figure("most elements of the scroll", end.nodes, "nodes", 3000),
      figure("sorted by their start", sorted, "ms", 500),
      figure("filtered by a word of the title", found, "ms", 500),
      figure("10,000 rejects are shown", rejected, "ms", 500),
      figure("longest frame of their scroll", rejects.frame, "ms", 100),
      figure("most elements of their scroll", rejects.nodes, "nodes", 3000),
    ];
  } finally {
    await daemon.stop();
  }
};
