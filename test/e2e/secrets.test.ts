import { expect, test } from "bun:test";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { listRoutes } from "../../schema/api.ts";
import { CAPTURE_MODES } from "../../schema/capture-settings.ts";
import { carriers } from "../hooks/fire.ts";
import { all, cli, type Daemon, daemonFile, type Home, startDaemon, tempHome, until } from "./daemon.ts";
import { openPage } from "./page-rig.ts";
import { plansOf, scanMcp, sendTelemetry, writePlan } from "./secret-doors.ts";
import {
  createPlanter,
  type Found,
  fireHooks,
  isRead,
  isTextRead,
  scanFiles,
  toFound,
  writeHistory,
} from "./secret-world.ts";

const [native, runtime] = carriers();
const TEXT = "?q=shop";

type Place = { sessions: string[]; requests: string[]; plans: string[] };
const placeOf = (home: Home): Place => ({
  sessions: all<{ id: string }>(
    home,
    "select source || ':' || source_session_id as id from sessions where source_session_id <> ''",
  ).map((row) => row.id),
  requests: all<{ id: string }>(
    home,
    "select request_key as id from requests order by request_key limit 20",
  ).map((row) => row.id),
  plans: plansOf(home),
});

/** Every address of the table of routes. */
function addresses({ sessions, requests, plans }: Place): string[] {
  return listRoutes()
    .filter((route) => route.method === "GET" && !route.content?.["text/event-stream"])
    .flatMap(({ path }) => {
      const ids = path.startsWith("/api/requests/") ? requests : sessions;
      const [name, values] = path.includes(":id") ? [":id", ids] : [":name", plans];
      const paths = path.includes(name)
        ? values.map((one) => path.replace(name, encodeURIComponent(one)))
        : [path];
      return paths.map((one) => one + (path === "/api/search" ? TEXT : ""));
    });
}

async function scanRoutes(daemon: Daemon, home: Home, place: Place): Promise<Found[]> {
  const headers = { Authorization: `Bearer ${daemonFile(home.data)!.token}` };
  const found: Found[] = [];
  for (const path of addresses(place)) {
    const response = await fetch(daemon.url + path, { headers });
    expect([path, response.status < 500]).toEqual([path, true]);
    found.push(...toFound(`GET ${path}`, await response.text()));
  }
  return found;
}

/** All events that are stored, from the first. */
async function scanStream(daemon: Daemon, last: number): Promise<Found[]> {
  const ended = new AbortController();
  const response = await fetch(`${daemon.url}/events`, {
    headers: { "Last-Event-ID": "0" },
    signal: ended.signal,
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body!) {
    text += decoder.decode(bytes, { stream: true });
    if (text.includes("event: heartbeat") || text.includes("event: reset") || text.includes(`id: ${last}\n`))
      break;
  }
  ended.abort();
  return toFound("GET /events", text);
}

async function scanCommands(home: Home, { sessions }: Place): Promise<Found[]> {
  const out = join(home.path, "out");
  mkdirSync(out);
  const commands = [
    ...["ndjson", "csv"].map((format) => ["export", "--format", format, "--out", join(out, format)]),
    ...sessions
      .slice(0, 6)
      .flatMap((id) => [
        ["session", id],
        ["session", id, "--transcript"],
        ...["markdown", "html"].map((format) => [
          "session",
          id,
          "--transcript",
          "--format",
          format,
          "--output",
          join(out, `${id.replace(":", "-")}.${format}`),
        ]),
      ]),
    ...["report", "status", "doctor", "verify", "cache", "waste", "plans", "waiting"].map((name) => [name]),
    ["search", "shop"],
  ];
  const found: Found[] = [];
  for (const command of commands) {
    const { stdout, stderr } = await cli(home, ...command);
    found.push(...toFound(command.join(" "), stdout + stderr));
  }
  return [...found, ...scanFiles(out)];
}

async function scanPage(daemon: Daemon, { sessions, requests, plans }: Place): Promise<Found[]> {
  const { page, close } = await openPage(daemon.url);
  try {
    const found: Found[] = [];
    const views = ["/", "/sessions", "/costs", "/limits", "/events", "/tools", "/plans", "/health"];
    for (const place of [
      ...views,
      ...plans.map((key) => `/plans/${encodeURIComponent(key)}`),
      ...requests.slice(0, 2).map((key) => `/requests/${encodeURIComponent(key)}`),
      ...sessions
        .slice(0, 4)
        .flatMap((key) =>
          ["timeline", "transcript", "requests"].map(
            (tab) => `/sessions/${encodeURIComponent(key)}?tab=${tab}`,
          ),
        ),
    ]) {
      await page.goto(daemon.url + place);
      await page.locator("h1").first().waitFor();
      await page.locator(".skeleton, [aria-busy=true]").first().waitFor({ state: "detached" });
      found.push(...toFound(`page ${place}`, await page.evaluate(() => document.documentElement.outerHTML)));
    }
    return found;
  } finally {
    await close();
  }
}

for (const mode of CAPTURE_MODES)
  test(`T29 planted secrets are ${mode === "full" ? "found everywhere" : "nowhere"} with HALL_CAPTURE=${mode}: spool, store, archive, routes, streams, commands, page, agents' tools`, async () => {
    using home = tempHome({ HALL_CAPTURE: mode });
    const temporary = join(home.path, "tmp");
    mkdirSync(temporary);
    Object.assign(home.env, { TMPDIR: temporary, XDG_RUNTIME_DIR: join(home.path, "run") });
    home.env.HALL_PLAN_ROOTS = join(home.path, "shop");
    const planter = createPlanter();
    const places = () => [home.data, temporary, join(home.path, "run")].filter((path) => existsSync(path));
    const found: Found[] = [];

    // While no daemon runs.
    await fireHooks(home, planter, native!, 20);
    await fireHooks(home, planter, runtime!, 12);
    const down = scanFiles(...places());
    found.push(...down);
    writeHistory(home, planter);
    writePlan(home, planter);
    expect(planter.count()).toBe(225);

    // Killed in the middle of its work.
    {
      await using daemon = await startDaemon(home);
      await until("something is stored", () => existsSync(join(home.data, "hall.db")));
      await daemon.kill9();
      found.push(...scanFiles(...places()));
    }

    await using daemon = await startDaemon(home);
    await fireHooks(home, planter, native!, 6);
    await sendTelemetry(daemon, planter);
    await until("the plan is known", () => plansOf(home).length > 0);
    await until("all is read", () => isRead(daemon, home));
    if (mode !== "metadata") {
      await until("all texts are there", () => isTextRead(home));
    }
    const place = placeOf(home);
    expect(place.sessions.length).toBeGreaterThan(5);
    const { last_seq } = await daemon.status();
    const routes = await scanRoutes(daemon, home, place);
    const parts = {
      routes,
      stream: await scanStream(daemon, last_seq),
      commands: await scanCommands(home, place),
      page: await scanPage(daemon, place),
      mcp: await scanMcp(home, place),
    };
    await daemon.stop();
    const printed = toFound("what the daemon printed", await daemon.stderr());
    const left = scanFiles(...places());
    if (mode === "full") {
      // So the scan can fail.
      const all = [...found, ...Object.values(parts).flat(), ...left].flatMap(({ kinds }) => kinds);
      expect(new Set(all).size).toBeGreaterThanOrEqual(40);
      for (const some of [down, routes, parts.stream, parts.commands, parts.page, parts.mcp])
        expect(some).not.toEqual([]);
    } else expect([...found, ...Object.values(parts).flat(), ...printed, ...left]).toEqual([]);
  });
