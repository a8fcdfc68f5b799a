import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../store/database.ts";
import { openLazyReader } from "../../store/lazy-statements.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function store() {
  const folder = mkdtempSync(join(tmpdir(), "hall-lazy-"));
  folders.push(folder);
  return { folder, db: openDatabase(folder) };
}

test("F019 a query is prepared when it is first used, once, and answers as any other", () => {
  const { folder, db } = store();
  const lazy = openLazyReader(folder);
  // The table is not there yet.
  const rows = lazy.query<{ a: number; b: string }, [{ from: number }]>(
    "select a, b from later where a >= $from order by a",
  );
  expect(() => rows.all({ from: 1 })).toThrow("no such table: later");
  db.run("create table later (a integer, b text)");
  expect(rows.all({ from: 1 })).toEqual([]);
  db.run("insert into later values (1, 'x'), (2, 'y')");
  const expected = [
    { a: 1, b: "x" },
    { a: 2, b: "y" },
  ];
  expect(rows.all({ from: 1 })).toEqual(expected);
  expect([...rows.iterate({ from: 1 })]).toEqual(expected);
  expect(rows.values({ from: 2 })).toEqual([[2, "y"]]);
  expect(rows.get({ from: 3 })).toBeNull();
  lazy.close();
  db.close();
});

test.each(["alter table plans rename to plans_gone", "alter table requests rename column model to other"])(
  "F9 a daemon's reader is refused although no query was prepared, after: %s",
  (change) => {
    const { folder, db } = store();
    openLazyReader(folder).close();
    db.run("pragma legacy_alter_table = on");
    db.run(change);
    expect(() => openLazyReader(folder)).toThrow(/no such (table|column)/);
    db.close();
  },
);
