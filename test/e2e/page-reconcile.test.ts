import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer } from "../../schema/api-types.ts";
import { money } from "../../viewer/ui/format.ts";
import { until } from "./daemon.ts";
import { accessFaults } from "./page-access.ts";
import { createWorld, type Daemon, type Open, openPage, startDaemon, type World } from "./page-rig.ts";

const FIXTURES = join(import.meta.dir, "../fixtures/otlp/claude");
let world: World;
let daemon: Daemon;
let open: Open;

async function reconciled(): Promise<Answer<"GET /api/reconcile">["data"]> {
  return (await (await fetch(`${daemon.url}/api/reconcile`)).json()).data;
}

beforeAll(async () => {
  world = createWorld();
  for (const recorded of ["transcripts", "totals/print", "totals/tui2"])
    cpSync(join(FIXTURES, recorded), world.env.CLAUDE_CONFIG_DIR!, { recursive: true });
  daemon = await startDaemon(world);
  const bodies = readdirSync(join(FIXTURES, "json")).filter((name) => name.endsWith("-logs.json"));
  for (const name of bodies) {
    const body = readFileSync(join(FIXTURES, "json", name));
    const sent = { method: "POST", body, headers: { "Content-Type": "application/json" } };
    expect([name, (await fetch(`${daemon.url}/v1/logs`, sent)).status]).toEqual([name, 200]);
  }
  await until("telemetry is stored", async () => (await reconciled()).telemetry !== null);
  open = await openPage(daemon.url);
  await open.page.getByRole("status").getByText("Live").first().waitFor();
});

afterAll(async () => {
  await open?.close();
  await daemon?.stop();
  world?.remove();
});

test("F042.A6 Costs compares what is recorded with the client's own total and with OpenTelemetry, and names the difference", async () => {
  const { page } = open;
  await page.goto(`${daemon.url}/costs?range=90d`);
  const card = page.locator("[data-reconciled]");
  const client = card.locator("[data-total=client] td");
  await client.first().waitFor();
  const data = await reconciled();
  expect(await client.allInnerTexts()).toEqual([
    String(data.sessions_compared),
    money(data.client_nano_usd),
    `${money(data.shown_nano_usd + data.hidden_nano_usd)} ${data.recorded_percent} %`,
    "none",
  ]);
  const telemetry = data.telemetry!;
  expect(telemetry.calls).toBeGreaterThan(0);
  expect(telemetry.difference_nano_usd).toBe(telemetry.cost_nano_usd - telemetry.recorded_nano_usd);
  const cells = await card.locator("[data-total=telemetry] td").allInnerTexts();
  expect(cells.slice(0, 3)).toEqual([
    String(telemetry.sessions),
    money(telemetry.cost_nano_usd),
    money(telemetry.recorded_nano_usd),
  ]);
  expect(await card.getByText("in no transcript").textContent()).toContain(`${data.hidden_requests} request`);
});

test("F042.A7 the sessions behind the totals are a click away, with each difference in words, at every width", async () => {
  const { page } = open;
  const card = page.locator("[data-reconciled]");
  await card.getByRole("button", { name: /^Show \d+ session/ }).click();
  const rows = card.locator(".reconciled-sessions tr");
  const { sessions } = await reconciled();
  expect(await rows.count()).toBe(sessions.length);
  const explained = sessions.find((s) => s.explained.length > 0)!;
  await rows.filter({ hasText: explained.explained[0]! }).first().waitFor();
  expect(await accessFaults(page, "costs with reconciled sessions", [1024, 390, 320])).toEqual([]);
  expect(open.faults).toEqual([]);
});
