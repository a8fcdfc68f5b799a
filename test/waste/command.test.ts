import { afterEach, beforeEach, expect, test } from "bun:test";
import { wasteLines } from "../../cli/waste-lines.ts";
import type { Answer } from "../../schema/api-types.ts";
import { run } from "../cli/run.ts";
import { createWorld, type World } from "../world.ts";
import { parseAnswer } from "../world-app.ts";
import { BEGIN, failing, NOTHING, type StoryThread, write } from "./story.ts";

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.close());

const DAY = 86_400_000;
const loop = (session: string, argument: string, wait_ms: number): StoryThread => ({
  session,
  requests: [0, 1, 2].map((i) => ({
    ...NOTHING,
    m5: 4000,
    out: 500,
    wait_ms: i === 0 ? wait_ms : 10_000,
    calls: [failing(argument)],
  })),
});
const place = () => ({ home: world.home, data_dir: world.config.data_dir });
async function waste(...options: string[]) {
  return run(place(), ["waste", ...options], { HALL_TIME_ZONE: "UTC" });
}

test("F047.A2 the command lists findings with proof and advice within 80 columns, and as JSON", async () => {
  const long = `bun test ${"packages/shop/".repeat(12)} --bail`;
  for (const thread of [loop("S1", "make", 1000), loop("S2", long, 8 * DAY), loop("S3", "make", 8 * DAY)])
    write(world, thread);
  await world.read();
  await world.pipeline.collector.drainTexts();
  const range = ["--since", `${BEGIN + 7 * DAY}`, "--until", `${BEGIN + 14 * DAY}`];
  const { code, stdout, stderr } = await waste(...range);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/Bash: make .* \$0\.2250 {2}\$0\.2250/);
  expect(stdout).toContain("Total, each dollar counted once: $0.4500 of $0.6750; before: $0.2250");
  expect(stdout).toContain("claude:S3: 2 requests from claude:msg_01S30000000000000001");
  expect(stdout).toContain("Stop the loop at the second failure");

  const json = await waste("--json", ...range);
  const answer: Answer<"GET /api/waste"> = parseAnswer("GET /api/waste", JSON.parse(json.stdout));
  const lines = wasteLines(answer.data, 80);
  const ofTable = lines.slice(
    0,
    lines.findIndex((line) => line.startsWith("Total,")),
  );
  expect(ofTable).toHaveLength(4);
  expect(ofTable.filter((line) => Bun.stringWidth(line) > 80)).toEqual([]);
  expect(answer.data.findings.map((f) => [f.what, f.nano_usd, f.before_nano_usd])).toContainEqual([
    "Bash: make",
    225_000_000,
    225_000_000,
  ]);
});

test("F047.A2 filters are passed on, nothing is a sentence, and a wrong word is refused", async () => {
  write(world, loop("S1", "make", 1000));
  await world.read();
  expect((await waste("--session", "S1")).stdout).toContain("Bash: make");
  expect((await waste("--session", "S1", "--kind", "retries")).stdout).toContain("No waste found in $0.3375");
  expect((await waste("--since", "2030-01-01")).stdout).toContain("No requests in this period");
  expect(await waste("--project", "other")).toMatchObject({ code: 69, stdout: "" });
  const wrong = await waste("--kind", "sloth");
  expect(wrong.code).toBe(64);
  expect(wrong.stderr).toContain("repeated_failures");
});
