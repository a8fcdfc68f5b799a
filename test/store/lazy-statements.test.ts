import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { prepareLazily } from "../../store/lazy-statements.ts";

test("F019 a query is prepared when it is first used, once, and answers as any other", () => {
  const plain = new Database(":memory:", { strict: true });
  plain.run("create table t (a integer, b text)");
  const sql = "select a, b from t where a >= $from order by a";
  const lazy = prepareLazily(plain);
  // The table is not there yet.
  const early = lazy.query<{ n: number }, []>("select count(*) n from later");
  expect(() => early.get()).toThrow("no such table: later");
  lazy.run("create table later (n)");
  expect(early.get()).toEqual({ n: 0 });
  const add = lazy.query<unknown, [number, string]>("insert into t values (?, ?)");
  expect([add.run(1, "x").changes, add.run(2, "y").changes]).toEqual([1, 1]);
  const rows = lazy.query<{ a: number; b: string }, [{ from: number }]>(sql);
  const expected = plain.prepare(sql).all({ from: 1 });
  expect(rows.all({ from: 1 }) as unknown[]).toEqual(expected);
  expect([...rows.iterate({ from: 1 })] as unknown[]).toEqual(expected);
  expect(rows.values({ from: 2 })).toEqual([[2, "y"]]);
  expect(rows.get({ from: 3 })).toBeNull();
  plain.close();
});
