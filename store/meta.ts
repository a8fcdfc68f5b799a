import type { Database } from "bun:sqlite";

/** Small internal values of the store, by name. */
export function metaOf(db: Database) {
  const get = db.query<{ value: string }, [string]>("select value from meta where key = ?");
  const set = db.query(
    "insert into meta (key, value) values (?, ?) on conflict do update set value = excluded.value",
  );
  const remove = db.query("delete from meta where key = ?");
  return {
    get: (key: string): string | undefined => get.get(key)?.value,
    set: (key: string, value: string): void => void set.run(key, value),
    remove: (key: string): void => void remove.run(key),
  };
}
export type Meta = ReturnType<typeof metaOf>;
