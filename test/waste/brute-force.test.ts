import { expect, test } from "bun:test";
import fc from "fast-check";
import { createWorld } from "../world.ts";
import { createWorldApp } from "../world-app.ts";
import { bruteForce, inputOf, MODELS, totalCost } from "./brute-force.ts";
import { BEGIN, type StoryRequest, type StoryThread, write } from "./story.ts";

const RUNS = 40;
const NOW = BEGIN + 60 * 86_400_000;

const call = fc.record({
  tool: fc.constantFrom("Bash", "Read", "Edit"),
  argument: fc.constantFrom("a", "b"),
  fails: fc.integer({ max: 3, min: 0 }).map((n) => n > 0),
  chars: fc.constantFrom(40, 9_000, 30_000, 120_000),
});
type Step = Pick<StoryRequest, "out" | "wait_ms" | "model" | "calls"> & {
  grows: number;
  keeps: number;
  cache: "m5" | "h1" | "plain";
  way: "on" | "turn" | "retry" | "compact";
};

/** How a request continues the one before it. */
const step: fc.Arbitrary<Step> = fc.record({
  grows: fc.constantFrom(0, 0, 300, 12_000, 40_000),
  keeps: fc.constantFrom(1, 1, 1, 1, 0.4, 0),
  out: fc.constantFrom(0, 1, 700, 3000),
  cache: fc.constantFrom("m5", "h1", "plain"),
  wait_ms: fc.constantFrom(5000, 5000, 60_000, 11 * 60_000, 50 * 60_000, 61 * 60_000),
  model: fc.constantFrom("claude-opus-4-1", "claude-opus-4-1", "claude-opus-4-1", ...Object.keys(MODELS)),
  way: fc.constantFrom("on", "on", "on", "on", "on", "on", "on", "turn", "retry", "compact"),
  calls: fc.array(call, { maxLength: 2 }),
});

/** `full`: near the limit for long; `result`: one large result, and many small steps after it. */
const SHAPES = ["any", "any", "full", "result"] as const;
type Shape = (typeof SHAPES)[number];

/** In the shapes that need many steps of one kind every step goes on, a little larger than the one before. */
function shaped(steps: Step[], times: number, shape: Shape): Step[] {
  if (shape === "any") return Array.from({ length: times }, () => steps).flat();
  const [first, ...rest] = Array.from({ length: 10 * times }, () => steps)
    .flat()
    .map(
      (s): Step => ({
        ...s,
        keeps: 1,
        model: "claude-opus-4-1",
        way: "on",
        out: Math.min(1, s.out),
        grows: Math.min(20, s.grows),
      }),
    );
  const result = { tool: "Read", argument: "log", fails: false, chars: 120_000 };
  if (shape === "full") return [{ ...first!, grows: 150_000 }, ...rest];
  return [{ ...first!, calls: [result] }, { ...first!, grows: 40_000 }, ...rest];
}

/** What is read of the cache, written to it or paid in full adds up to the prompt, as with a real client. */
function toRequests(steps: Step[]): StoryRequest[] {
  const requests: StoryRequest[] = [];
  for (const { wait_ms, model, calls, out, way, grows, keeps, cache } of steps) {
    const last = requests.at(-1);
    const turn = (last?.turn ?? 1) + (way === "turn" ? 1 : 0);
    const isRetry = last !== undefined && way === "retry";
    const grown = (last ? inputOf(last) + last.out : 20_000) + grows;
    const input = isRetry ? inputOf(last) : way === "compact" || grown > 195_000 ? 30_000 : grown;
    const cached = last ? last.read + last.m5 + last.h1 : 0;
    const read = Math.min(input, Math.floor(cached * keeps));
    const rest = { plain: 0, m5: 0, h1: 0, [cache]: input - read };
    requests.push({ ...rest, read, out, wait_ms, turn, calls, model: isRetry ? last.model : model });
  }
  return requests;
}

const threads = fc
  .array(
    fc.record({
      steps: fc.array(step, { minLength: 1, maxLength: 8 }),
      times: fc.integer({ min: 1, max: 6 }),
      shape: fc.constantFrom(...SHAPES),
    }),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((all): StoryThread[] =>
    all.map(({ steps, times, shape }, n) => ({
      session: n === 2 ? "S2" : "S1",
      ...(n === 1 && { agent: "a1" }),
      // A sub-agent has one prompt, the one that it was given.
      requests: toRequests(shaped(steps, times, shape)).map((r) => (n === 1 ? { ...r, turn: 1 } : r)),
    })),
  );

test("W10 W07 F047.A1 each kind has its figure to the nano-dollar, and the sum holds each dollar once", async () => {
  await fc.assert(
    fc.asyncProperty(threads, async (story) => {
      const world = createWorld();
      try {
        for (const thread of story) write(world, thread);
        await world.read();
        await world.pipeline.collector.drainTexts();
        const route = "/api/waste?limit=500&start_time=1";
        const found = await createWorldApp(world, { now: NOW }).json("GET /api/waste", route);
        const wanted = bruteForce(story, NOW);
        const inOrder = (of: { kind: string; what: string }[]) =>
          of.toSorted((a, b) => (`${a.kind} ${a.what}` < `${b.kind} ${b.what}` ? -1 : 1));
        const seen = found.findings.map(({ kind, what, nano_usd, counted_nano_usd }) => ({
          kind,
          what,
          nano: nano_usd,
          counted: counted_nano_usd,
        }));
        expect(inOrder(seen)).toEqual(inOrder(wanted));
        expect(found.cost_nano_usd).toBe(totalCost(story));
        expect(found.total_nano_usd).toBe(wanted.reduce((sum, c) => sum + c.counted, 0));
        expect(found.total_nano_usd).toBeLessThanOrEqual(found.cost_nano_usd);
        expect(found.kinds.reduce((sum, k) => sum + k.nano_usd, 0)).toBe(found.total_nano_usd);
      } finally {
        world.close();
      }
    }),
    { numRuns: RUNS },
  );
});
