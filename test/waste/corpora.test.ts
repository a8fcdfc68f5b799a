import { expect, test } from "bun:test";
import { cpSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { createWorld } from "../world.ts";
import { createWorldApp } from "../world-app.ts";

const FIXTURES = join(import.meta.dir, "../fixtures");
const folders = (name: string) =>
  readdirSync(FIXTURES, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(`/${name}`));

test("W07 of what real clients wrote only their sub-agents' models are waste, and less than all of it", async () => {
  const world = createWorld();
  try {
    const projects = folders("projects");
    expect(projects.length).toBeGreaterThan(0);
    for (const path of projects)
      cpSync(join(FIXTURES, path), world.path(`.claude/projects/${dirname(path).replaceAll("/", "-")}`), {
        recursive: true,
      });
    for (const path of folders("sessions"))
      cpSync(join(FIXTURES, path), world.path(`.codex/sessions/${dirname(path).replaceAll("/", "-")}`), {
        recursive: true,
      });
    await world.read();
    await world.pipeline.collector.drainTexts();
    const now = Date.now() + 86_400_000;
    const found = await createWorldApp(world, { now }).json("GET /api/waste", "/api/waste?start_time=1");
    expect(found.requests).toBeGreaterThan(50);
    expect([...new Set(found.findings.map((f) => f.kind))].filter((kind) => kind !== "agent_model")).toEqual(
      [],
    );
    expect(found.total_nano_usd).toBeLessThan(found.cost_nano_usd / 10);
  } finally {
    world.close();
  }
});
