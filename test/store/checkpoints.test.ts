import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCheckpoints } from "../../store/checkpoints.ts";
import { openDatabase, openReader } from "../../store/database.ts";

test("I9.3 a long reader keeps the log from being cut, is reported after a minute, and afterwards the log is cut to nothing", () => {
  const dir = mkdtempSync(join(tmpdir(), "hall-log-"));
  const db = openDatabase(dir);
  db.run("pragma busy_timeout = 100");
  const path = join(dir, "hall.db");
  const size = () => statSync(`${path}-wal`).size;
  const checkpoints = createCheckpoints(db, path);
  expect(checkpoints.checkpoint(0)).toEqual({ isForeign: false });

  const reader = openReader(dir);
  reader.run("begin");
  reader.query("select count(*) from meta").get();
  for (let i = 0; i < 40; i++) db.run("insert into meta values (?, ?)", [`k${i}`, "x".repeat(1024 * 1024)]);
  expect(size()).toBeGreaterThan(32 * 1024 * 1024);
  expect(checkpoints.checkpoint(1000).problem).toBeUndefined();
  expect(checkpoints.checkpoint(62_000).problem).toMatchObject({ code: "log_not_cut" });
  reader.run("rollback");
  expect(checkpoints.checkpoint(63_000)).toEqual({ isForeign: false });
  expect(size()).toBe(0);

  db.run("insert into meta values ('after', '')");
  expect(checkpoints.checkpoint(64_000).isForeign).toBe(false);
  utimesSync(path, 1, 1);
  expect(checkpoints.checkpoint(65_000).isForeign).toBe(true);
  reader.close();
  db.close();
  rmSync(dir, { recursive: true });
});
