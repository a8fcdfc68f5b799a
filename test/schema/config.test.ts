import { describe, expect, test } from "bun:test";
import { loadConfig, wantsColour } from "../../schema/config.ts";

const HOME = "/home/dev";

describe("configuration", () => {
  test("F006.A1 without variables every setting has its documented default", () => {
    expect(loadConfig({ HOME })).toMatchObject({
      data_dir: "/home/dev/.local/share/hall-monitor",
      port: 3456,
      autostart: true,
      batch_events: 500,
      scan_interval_ms: 3000,
      sse_max: 64,
      roots: {
        claude: ["/home/dev/.claude/projects", "/home/dev/.config/claude/projects"],
        codex: ["/home/dev/.codex/sessions", "/home/dev/.codex/archived_sessions"],
      },
    });
    expect(loadConfig({ HOME, XDG_DATA_HOME: "/x" }).data_dir).toBe("/x/hall-monitor");
  });

  test("F006.A2 a bad value is an error that names the variable and the fix", () => {
    for (const [name, value] of [
      ["HALL_PORT", "70000"],
      ["HALL_PORT", "many"],
      ["HALL_AUTOSTART", "maybe"],
      ["HALL_TIME_ZONE", "Mars/Base"],
    ] as const)
      expect(() => loadConfig({ HOME, [name]: value })).toThrow(
        expect.objectContaining({
          code: "bad_config",
          message: expect.stringContaining(name),
          hint: expect.any(String),
        }),
      );
  });

  test("F006.A3 the agents' own variables decide where their files are", () => {
    expect(loadConfig({ HOME, CLAUDE_CONFIG_DIR: "/a, /b,/a" }).roots.claude).toEqual([
      "/a/projects",
      "/b/projects",
    ]);
    expect(loadConfig({ HOME, CLAUDE_CONFIG_DIR: "" }).roots.claude).toEqual([]);
    expect(loadConfig({ HOME, CODEX_HOME: "/c" }).roots.codex).toEqual([
      "/c/sessions",
      "/c/archived_sessions",
    ]);
    expect(loadConfig({ HOME, CODEX_HOME: "/c", CODEX_SESSIONS_DIR: "/d/sessions" }).roots.codex).toEqual([
      "/d/sessions",
      "/d/archived_sessions",
    ]);
    expect(loadConfig({ HOME, ENABLE_CODEX_SOURCE: "false" }).roots.codex).toEqual([]);
  });
});

test("F006 a machine in UTC is known by its name, any other zone is asked of the runtime", () => {
  const zoneOf = (env: Record<string, string>, localtime?: string) =>
    loadConfig({ HOME, ...env }, localtime).time_zone;
  const system = Temporal.Now.timeZoneId();
  expect([
    zoneOf({}, "/usr/share/zoneinfo/Etc/UTC"),
    zoneOf({ TZ: "UTC" }),
    zoneOf({ TZ: "Etc/UTC" }),
  ]).toEqual(["UTC", "UTC", "UTC"]);
  expect([zoneOf({}), zoneOf({}, "/usr/share/zoneinfo/Etc/GMT+1"), zoneOf({}, "/x/NOTUTC")]).toEqual([
    system,
    system,
    system,
  ]);
  expect(zoneOf({ TZ: "UTC", HALL_TIME_ZONE: "europe/berlin" }, "../zoneinfo/UTC")).toBe("Europe/Berlin");
});

test("EC019 colours: NO_COLOR, then FORCE_COLOR, then a terminal that has some", () => {
  const wanted: [boolean, boolean, Record<string, string>][] = [
    [true, true, {}],
    [false, false, {}],
    [false, true, { NO_COLOR: "1" }],
    [true, true, { NO_COLOR: "" }],
    [false, true, { NO_COLOR: "1", FORCE_COLOR: "1" }],
    [true, false, { FORCE_COLOR: "1" }],
    [true, false, { FORCE_COLOR: "" }],
    [false, true, { FORCE_COLOR: "0" }],
    [false, true, { FORCE_COLOR: "false" }],
    [false, true, { TERM: "dumb" }],
  ];
  for (const [isColoured, isTerminal, env] of wanted)
    expect([isTerminal, env, wantsColour(isTerminal, env)]).toEqual([isTerminal, env, isColoured]);
});
