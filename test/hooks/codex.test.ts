import { afterEach, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createWorld, type World } from "../world.ts";
import { commandLine, fireHook, ROOT, SILENT } from "./fire.ts";

const FOLDER = join(ROOT, "test/fixtures/codex/hooks");
const payloads = readdirSync(FOLDER)
  .sort()
  .map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Record<string, unknown>);

let world: World;
afterEach(() => world.close());

test.each(["codex", "claude"])(
  "F027 every recorded payload of Codex 0.171.0 is Codex's, as the carrier is called with %s",
  async (agent) => {
    world = createWorld();
    expect(payloads.length).toBeGreaterThan(20);
    const command = [commandLine("Stop")[0]!, agent];
    const env = { HOME: world.home };
    for (const payload of payloads)
      expect(await fireHook("Stop", `${JSON.stringify(payload)}\n`, { env, command })).toMatchObject(SILENT);
    await world.read();
    expect(world.one<{ n: number }>("select count(*) as n from rejects").n).toBe(0);
    const rows = world.all<{ source: string; name: string; n: number }>(`
    select source, json_extract(data, '$.hook_event_name') as name, count(*) as n from events
    where origin = 'hook' group by 1, 2 order by 2`);
    expect(rows.reduce((sum, { n }) => sum + n, 0)).toBe(payloads.length);
    expect(new Set(rows.map((row) => row.source))).toEqual(new Set(["codex"]));
    expect(world.all("select 1 from sessions where source = 'claude'")).toEqual([]);
    const other = world.all<{ name: string }>(
      "select distinct json_extract(data, '$.hook_event_name') as name from events where event_type = 'hook_other'",
    );
    expect(other.map(({ name }) => name)).toContain("PostModelRequest");
  },
);
