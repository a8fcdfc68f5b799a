import { afterAll, beforeAll, expect, test } from "bun:test";
import { LIMIT_CAUSES } from "../../schema/limit-causes.ts";
import { pagePath } from "../../schema/pages.ts";
import { SPLITS } from "../../viewer/ui/costs/splits.ts";
import {
  createWorld,
  type Daemon,
  type Open,
  openPage,
  openSearch,
  startDaemon,
  type World,
} from "./page-rig.ts";
import { drawStatusline, fireHooks, sendTelemetry, writePlans, writeSettings } from "./payload-doors.ts";
import { textFields } from "./payload-fields.ts";
import { fieldsWithPayloads, follow, inspectAll, kindOf, unfold, type Walk, watch } from "./payload-walk.ts";
import {
  createPayloads,
  markOf,
  type Payloads,
  writeInherited,
  writeRollout,
  writeTranscript,
} from "./payload-world.ts";

const walk: Walk = { faults: [], shown: new Set(), visited: new Set(), kinds: new Set() };

/** Texts that only this program fills, or from a fixed set, by the reason. */
const OWN = {
  days_and_times: "bucket checked_on day first_day last_day until time_zone window time_quality",
  cursors_and_keys: "after_cursor before_cursor plan_key price_id sha256",
  ids_of_a_fixed_form:
    "account feature_id critical_path[] layers[][] id to from_session_id parent_session_id parent_agent_id child_agent_id parent_key copies[] request_keys[]",
  our_words:
    "advice code edition fix hint where flags[] relation last_failure kinds note words unpriced_reason version vendor part group_by",
  states_and_causes:
    "decision auth chosen handshake incoming process replaced result signal status cache_miss_reason",
  numbers_as_text: "nano_usd_each",
  addresses: "url source_url data_dir config_path pr_url",
  absent_in_this_world: "response_type aliases[]",
};
/** Planted, and of no interest to a reader. */
const UNSHOWN = new Set([
  "geo",
  "requestid",
  "responseid",
  "entrypoint",
  "statusmodel",
  "statusmodelid",
  "statusdir",
]);
let world: World;
let daemon: Daemon;
let open: Open;
let payloads: Payloads;
let fields: Set<string>;
const refused: string[] = [];

const get = async <T>(path: string) => ((await (await fetch(daemon.url + path)).json()) as { data: T }).data;

beforeAll(async () => {
  world = createWorld();
  payloads = createPayloads();
  const now = Date.now();
  writeSettings(world, payloads);
  writePlans(world, payloads);
  writeTranscript(world, payloads, now);
  writeInherited(world, now);
  writeRollout(world, payloads, now);
  daemon = await startDaemon(world);
  await fireHooks(world, payloads);
  await drawStatusline(world, payloads, now);
  await sendTelemetry(daemon, payloads, now);
  open = await openPage("about:blank");
  await watch(open.page);
  fields = fieldsWithPayloads(open.page);
  open.page.on("response", (answer) => void (answer.status() >= 400 && refused.push(answer.url())));
});
afterAll(async () => {
  await open?.close();
  await daemon?.stop();
  world?.remove();
});

const PARTS = [
  "now, sessions",
  "one session",
  "costs",
  "requests",
  "limits",
  "events",
  "tools",
  "plans, health",
] as const;

/** Every view with each of its tabs, splits and drawers, by what the recorder knows. */
async function placesOf(part: (typeof PARTS)[number]): Promise<string[]> {
  const sessions = async () =>
    (await get<{ session_key: string }[]>("/api/sessions")).map((s) => s.session_key);
  if (part === "now, sessions") return ["/", "/sessions", "/sessions?sort=cost"];
  if (part === "one session")
    return (await sessions()).flatMap((key) =>
      ["timeline", "transcript", "requests"].map((tab) => pagePath("session", { key }, { tab })),
    );
  if (part === "costs") return [...Object.keys(SPLITS).map((by) => `/costs?by=${by}`), "/costs?tab=cache"];
  if (part === "requests")
    return (await get<{ seq: number }[]>("/api/requests?limit=100")).map(({ seq }) => `/requests/${seq}`);
  if (part === "limits") {
    const { windows } = await get<{
      windows: Record<"source" | "account" | "limit_id" | "window", string>[];
    }>("/api/limits");
    return windows.flatMap((w, n) =>
      LIMIT_CAUSES.filter((_, cause) => n === 0 || cause === 0).map((split) =>
        pagePath(
          "limits",
          {},
          { split, window: JSON.stringify([w.source, w.account, w.limit_id, w.window]) },
        ),
      ),
    );
  }
  if (part === "events") {
    type Event = {
      seq: number;
      event_type: string;
      tool_name?: string;
      data: { hook_event_name?: string; tool_input?: object };
    };
    const events = await get<Event[]>("/api/metrics?limit=1000");
    const kinds = new Map(
      events.map((e) => [
        JSON.stringify([
          e.event_type,
          e.tool_name,
          e.data.hook_event_name,
          Object.keys(e.data.tool_input ?? {}),
        ]),
        e.seq,
      ]),
    );
    return ["/events", ...[...kinds.values()].map((seq) => `/events?event=${seq}`)];
  }
  if (part === "tools") return ["", "mcp_server", "skill", "agent_type"].map((by) => `/tools?by=${by}`);
  const plans = await get<{ plan_key: string }[]>("/api/plans");
  return ["/plans", ...plans.map(({ plan_key: name }) => pagePath("plan", { name })), "/health"];
}

/** The rule of the viewer is that an id is of letters, digits, `_`, `.` and `-`: it opens no view of another. */
const isOpened = (link: string) =>
  !decodeURIComponent(link).includes(`/sessions/claude:${markOf("sessionid")}`);

for (const part of PARTS)
  test(`F045 no text of an agent, a file or a folder runs, makes an element, steers its neighbours or widens a view: ${part}`, async () => {
    const { page } = open;
    await page.goto(daemon.url);
    await page.getByRole("status").getByText("Live").first().waitFor();
    const queue = (await placesOf(part)).filter(isOpened);
    expect(queue.length).toBeGreaterThan(2);
    for (const path of queue) {
      walk.visited.add(path);
      await follow(page, path);
      await unfold(page);
      for (const link of await inspectAll(page, walk, path)) {
        if (walk.kinds.has(kindOf(link)) || walk.visited.has(link) || !isOpened(link)) continue;
        walk.kinds.add(kindOf(link));
        walk.visited.add(link);
        queue.push(link);
      }
    }
    expect(walk.faults).toEqual([]);
  });

test("F045 what opens over a view holds too: search, preview, alerts, the title of the tab and a notification", async () => {
  const { page } = open;
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${daemon.url}/sessions`);
  await page.locator("main [data-row]").first().focus();
  await page.locator(".preview h2").waitFor();
  await inspectAll(page, walk, "preview");
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.locator(".alert-chip").click();
  await page.locator(".alert").first().waitFor();
  await inspectAll(page, walk, "alerts");
  await page.keyboard.press("Escape");
  for (const name of ["prompt", "answer", "command", "thinking"]) {
    await openSearch(page);
    await page.keyboard.type(markOf(name));
    await page.locator(".hit mark").first().waitFor();
    await inspectAll(page, walk, `search ${name}`);
    await page.keyboard.press("Escape");
    await page.locator(".search-overlay").waitFor({ state: "detached" });
  }
  await page.waitForFunction(() => document.title.includes("waiting"));
  expect(walk.faults).toEqual([]);
});

test("F045 every text field of the API was given to the page with a payload in it, but for those that no one else fills", () => {
  const texts = textFields();
  const own = new Set(Object.values(OWN).join(" ").split(" "));
  const names = [...texts.keys()];
  expect({
    "neither seen nor own": names.filter((name) => !fields.has(name) && !own.has(name)),
    "own, but a payload came in it": [...own].filter((name) => fields.has(name)),
    "own, but in no answer": [...own].filter((name) => !texts.has(name)),
  }).toEqual({
    "neither seen nor own": [],
    "own, but a payload came in it": [],
    "own, but in no answer": [],
  });
  // What came was drawn: all that was planted is found in the page, but for what no view has a place for.
  const unshown = [...payloads.names].filter(
    (name) => !walk.shown.has(name) && !/^(?:otlp|codex)/.test(name),
  );
  expect(unshown.filter((name) => !UNSHOWN.has(name))).toEqual([]);
  expect(refused.filter(isOpened)).toEqual([]);
  expect(open.faults.filter((fault) => !fault.startsWith("Failed to load resource"))).toEqual([]);
});
