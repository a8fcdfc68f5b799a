import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../store/database.ts";
import { bundledBook } from "../../store/price-book.ts";
import { wasteQueries } from "../../store/queries/waste.ts";
import { createRandom } from "../bench/random.ts";
import { rows, T0, unpriced } from "../viewer/rig.ts";

const HOUR_MS = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), "hall-waste-sums-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("W07 the cost of a range is that of its requests, wherever in a quarter of an hour it begins and ends", () => {
  const db = openDatabase(folder);
  const write = rows(db);
  const { next } = createRandom(7);
  const below = (n: number) => Math.floor(next() * n);
  const made: {
    time_unix_ms: number;
    cost_nano_usd: number | null;
    parent_key: string | null;
    project: string;
  }[] = [];
  for (const project of ["shop", "blog"]) {
    const session = write.session(project, { project_path: `/home/dev/${project}` });
    for (let i = 0; i < 200; i++) {
      const own = { time_unix_ms: T0 + below(6 * HOUR_MS), parent_key: below(5) ? null : "claude:msg_1" };
      const cost_nano_usd = below(4) ? 1 + below(1000) : null;
      write.request(session, { ...(cost_nano_usd === null ? unpriced : {}), ...own, cost_nano_usd });
      made.push({ ...own, cost_nano_usd, project });
    }
  }
  write.rollup();
  const { sums } = wasteQueries(db, bundledBook());
  for (let i = 0; i < 200; i++) {
    const from = T0 + below(6 * HOUR_MS);
    const until = from + below(i % 2 ? 3 * HOUR_MS : 20 * 60_000);
    const project = below(2) ? "shop" : undefined;
    const own = made.filter(
      (r) =>
        r.time_unix_ms >= from && r.time_unix_ms < until && (project === undefined || r.project === project),
    );
    expect(sums({ project }, from, until)).toEqual({
      requests: own.filter((r) => r.parent_key === null).length,
      cost_nano_usd: own.reduce((sum, r) => sum + (r.cost_nano_usd ?? 0), 0),
      unpriced_requests: own.filter((r) => r.cost_nano_usd === null).length,
    });
  }
  db.close();
});
