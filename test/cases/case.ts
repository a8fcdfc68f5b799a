import { cpSync } from "node:fs";
import { join } from "node:path";
import { createWorld, type World } from "../world.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/cases");

/** A home that holds the input of one case of public bug reports. */
export function openCase(name: string, env: Record<string, string> = {}): World {
  const world = createWorld(env);
  cpSync(join(FIXTURES, name), world.home, { recursive: true });
  return world;
}

/** Requests, input, cache reads, output and cost, as reports add them up; parts of a request are no request. */
export function totalsOf(world: World): (number | null)[] {
  return Object.values(
    world.one<Record<string, number | null>>(`
      select sum(requests), sum(uncached_input_tokens), sum(cache_read_input_tokens), sum(output_tokens),
        iif(sum(unpriced_requests) = sum(requests), null, sum(cost_nano_usd)) from usage_totals`),
  );
}
