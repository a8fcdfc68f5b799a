import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigFile } from "../../cli/config-file.ts";
import { effectiveSettings } from "../../cli/effective-settings.ts";
import { loadLimitSources } from "../../collector/limits/sources.ts";
import type { EffectiveSettings } from "../../schema/api-health.ts";
import { loadConfig } from "../../schema/config.ts";
import { SETTINGS } from "../../schema/settings.ts";
import { ROOT, run, tempHome } from "./run.ts";

type Printed = EffectiveSettings & { ok: boolean };

function home(config?: string) {
  const made = tempHome();
  mkdirSync(made.data_dir, { recursive: true, mode: 0o700 });
  if (config !== undefined) writeFileSync(join(made.data_dir, "config.json"), config);
  return made;
}
const printed = async (of: ReturnType<typeof home>, env: Record<string, string> = {}) => {
  const { code, stdout } = await run(of, ["config", "--json"], env);
  return { code, ...(JSON.parse(stdout) as Printed) };
};

describe("hall-monitor config", () => {
  test("F006.A4 every setting is printed with its value, and where the value is from", async () => {
    using made = home();
    const { code, settings, ok } = await printed(made, { HALL_SSE_MAX: "7", HALL_HOT_DAYS: "" });
    expect([code, ok]).toEqual([0, true]);
    expect(settings.map((s) => s.name)).toEqual(Object.keys(SETTINGS));
    const find = (name: string) => settings.find((s) => s.name === name);
    expect(find("HALL_SSE_MAX")).toMatchObject({ value: 7, origin: "environment" });
    expect(find("HALL_BATCH_EVENTS")).toMatchObject({ value: 500, origin: "default" });
    expect(find("HALL_HOT_DAYS")).toMatchObject({ value: null, origin: "environment" });
    expect(find("HALL_PRUNE_DAYS")).toMatchObject({ value: null, origin: "default" });
    expect(find("HALL_OTLP_PORT")).toMatchObject({ value: null, origin: "default" });
    const { stdout } = await run(made, ["config"]);
    for (const name of Object.keys(SETTINGS)) expect(stdout).toContain(name);
  });

  test("F006.A4 the value of config.json is printed where it is the one in effect, in text and in JSON", async () => {
    const limits = { cadence_ms: 60_000, codex_app_server: true, codex_status_path: "/opt/status" };
    using made = home(JSON.stringify({ limits, capture: { mode: "metadata" } }));
    const env = { HALL_LIMITS_CADENCE_MS: "5000", CODEX_STATUS_PATH: "", HALL_CAPTURE: "" };
    const { settings } = await printed(made, env);
    const find = (name: string) => settings.find((s) => s.name === name);
    // For the interval, the file takes precedence over the variable; an empty HALL_CAPTURE is an unset one.
    expect(find("HALL_LIMITS_CADENCE_MS")).toMatchObject({ value: 60_000, origin: "config.json" });
    expect(find("HALL_CODEX_APP_SERVER")).toMatchObject({ value: true, origin: "config.json" });
    expect(find("CODEX_STATUS_PATH")).toMatchObject({ value: null, origin: "environment" });
    expect(find("HALL_CAPTURE")).toMatchObject({ value: "metadata", origin: "config.json" });
    expect(find("PLANS_ACTIVE_DIR")).toMatchObject({ value: "dev/active", origin: "default" });
    expect(find("HALL_DATA_DIR")).toMatchObject({ value: made.data_dir, origin: "environment" });
    const { stdout } = await run(made, ["config"], env);
    expect(stdout).toMatch(/^HALL_LIMITS_CADENCE_MS +60000 +config\.json$/m);
    expect(stdout).toMatch(/^HALL_BATCH_EVENTS +500 +default$/m);
  });

  test("F006.A4 the value printed is the one that the program runs with", () => {
    using made = home(JSON.stringify({ limits: { cadence_ms: 60_000 } }));
    const env = { HOME: made.home, HALL_DATA_DIR: made.data_dir, PATH: "", CODEX_STATUS_PATH: "/opt/status" };
    const { probes } = loadLimitSources(loadConfig(env).limits, join(made.data_dir, "config.json"), "0");
    const shown = effectiveSettings(env).settings.find((s) => s.name === "HALL_LIMITS_CADENCE_MS");
    expect(probes.map((p): unknown => p.cadence_ms)).toEqual([shown?.value]);
  });

  test("F006.A5 every bad value is reported at once, with the fix; exit code 78", async () => {
    using made = home('{ "budgets": [{ "scope": "year", "limit_usd": 1 }], "budget": [] }');
    const env = { HALL_SSE_MAX: "many", HALL_AUTOSTART: "maybe", HALL_PROT: "1" };
    const { code, faults, warnings } = await printed(made, env);
    expect(code).toBe(78);
    expect(faults.slice(0, 2)).toMatchObject([
      { where: "HALL_AUTOSTART", hint: "unset HALL_AUTOSTART for the default" },
      { where: "HALL_SSE_MAX", hint: "unset HALL_SSE_MAX for the default of 64" },
    ]);
    const file = faults.slice(2).map((f) => f.detail);
    expect(file.some((detail) => detail.startsWith("budgets[0].scope must be one of"))).toBe(true);
    expect(file.some((detail) => detail.includes('"budget"'))).toBe(true);
    expect(warnings).toMatchObject([{ where: "HALL_PROT", hint: "did you mean HALL_PORT?" }]);
    const check = await run(made, ["config", "--check"], env);
    expect([check.code, check.stdout.includes("HALL_DATA_DIR")]).toEqual([78, false]);
    for (const name of Object.keys(env)) expect(check.stdout).toContain(name);
  });

  test.each(["1e3", "0x1000", " 2000", "2000.0", "+2000"])(
    "F006.A5 %p is no number of a setting: only plain decimals are",
    async (value) => {
      using made = home();
      expect(await printed(made, { HALL_STALL_MS: value })).toMatchObject({
        code: 78,
        faults: [{ where: "HALL_STALL_MS" }],
      });
    },
  );

  test("F006.A5 a misspelt variable is named with the setting that was meant, whatever it begins with", async () => {
    using made = home();
    const meant = {
      CODEX_HOM: "CODEX_HOME",
      ENABLE_CODEX: "ENABLE_CODEX_SOURCE",
      PLAN_ACTIVE_DIR: "PLANS_ACTIVE_DIR",
      CLAUDE_CONFIG: "CLAUDE_CONFIG_DIR",
      HALL_CODEX_HOME: "CODEX_HOME",
      CODEX_APP_SERVER: "HALL_CODEX_APP_SERVER",
      hall_port: "HALL_PORT",
    };
    const others = { CLAUDE_CODE_ENTRYPOINT: "cli", CODEX_CA_CERTIFICATE: "/ca", CODEX: "1", EDITOR: "vi" };
    const names = Object.keys({ ...meant, ...others });
    const { code, warnings } = await printed(made, Object.fromEntries(names.map((name) => [name, "1"])));
    const hints = Object.fromEntries(warnings.map((w) => [w.where, w.hint]));
    expect([code, hints]).toEqual([
      0,
      Object.fromEntries(Object.entries(meant).map(([name, other]) => [name, `did you mean ${other}?`])),
    ]);
    const check = await run(made, ["config", "--check"], { CODEX_HOM: "1" });
    expect([check.code, check.stdout.includes("valid")]).toEqual([0, false]);
  });

  test("F006.A5 a relative folder is a warning, a home in any spelling is none", async () => {
    using made = home();
    const env = {
      CLAUDE_CONFIG_DIR: "~/.claude,mine",
      CODEX_HOME: "$HOME/.codex",
      HALL_PLAN_ROOTS: "/a, /b",
    };
    const { code, warnings } = await printed(made, env);
    expect([code, warnings.map((w) => [w.where, w.hint])]).toEqual([
      0,
      [["CLAUDE_CONFIG_DIR", "write an absolute path"]],
    ]);
  });

  test("F006.A5 every fault of config.json has its line and column, and a plain sentence", async () => {
    using made = home(
      [
        '{ "limit": 1,',
        '  "limits": { "cadence_ms": "5", "mode": "paralel", "cadence": 1 },',
        '  "budgets": [{ "scope": "year", "usd": 3 }, 5],',
        '  "alerts": { "webhook": { "url": "https://example.com/", "secret": "short-one" } } }',
      ].join("\n"),
    );
    const { faults } = await printed(made);
    const path = join(made.data_dir, "config.json");
    expect(faults.map((f) => [f.where.replace(path, "").trim(), f.detail, f.hint])).toEqual([
      ["line 1, column 3", '"limit" is not a key', "did you mean limits?"],
      ["line 2, column 15", 'limits.cadence_ms must be a number, not "5"', null],
      [
        "line 2, column 34",
        'limits.mode must be one of "parallel", "sequential", not "paralel"',
        "did you mean parallel?",
      ],
      ["line 2, column 53", '"cadence" is not a key of limits', "did you mean cadence_ms?"],
      ["line 3, column 15", "budgets[0].limit_usd is missing", null],
      [
        "line 3, column 17",
        expect.stringMatching(/^budgets\[0\]\.scope must be one of .*, not "year"$/),
        null,
      ],
      ["line 3, column 34", '"usd" is not a key of budgets[0]', "did you mean limit_usd?"],
      ["line 3, column 46", "budgets[1] must be an object in { }, not 5", null],
      ["line 4, column 59", "alerts.webhook.secret must have at least 16 characters", null],
    ]);
    const { stdout } = await run(made, ["config", "--check"]);
    expect(stdout.split(path).length - 1).toBe(faults.length);
    expect(stdout).not.toMatch(/Invalid|Unrecognized|expected|short-one/);
  });

  test("F006.A5 a command that reads config.json reports its first fault alike, once", async () => {
    using made = home('{ "limits": {\n  "cadence_ms": "5", "mode": 7 } }');
    const { code, stderr } = await run(made, ["backfill"]);
    expect(code).toBe(78);
    expect(stderr).toContain(
      'config.json line 2, column 3: limits.cadence_ms must be a number, not "5" (and 1 more',
    );
    expect(stderr.match(/config\.json/g)).toHaveLength(1);
  });

  test.each([
    ['{ "alerts": {\n "desktop": true,\n} }', "line 2, column 17"],
    ['{ "alerts": {\n "desktop": tru } }', "line 2, column 13"],
    ["{ // note\n }", "line 1, column 3"],
    ['{ "alerts": {}\r\n  "budgets": [] }', "line 2, column 3"],
    ["{ 'alerts': {} }", "line 1, column 3"],
    ['{ "alerts": ', "line 1, column 13"],
    ["{} {}", "line 1, column 4"],
    ['{ "a": "\\x" }', "line 1, column 8"],
    [`${"[".repeat(300)}`, "line 1, column"],
  ])("F006.A6 what is no JSON has its line and column: %j", async (text, place) => {
    using made = home(text);
    const { code, faults } = await printed(made);
    expect([code, faults.length]).toEqual([78, 1]);
    expect(faults[0]).toMatchObject({
      where: expect.stringContaining(place),
      detail: expect.stringContaining("not JSON"),
    });
  });

  test("F006.A6 a byte order mark is accepted; an empty file and a folder in its place have a fix", async () => {
    using marked = home('\ufeff{ "budgets": [{ "scope": "day", "limit_usd": 20 }] }');
    expect(await printed(marked)).toMatchObject({ code: 0, faults: [] });
    using empty = home("");
    expect(await printed(empty)).toMatchObject({
      code: 78,
      faults: [{ hint: expect.stringContaining("{}") }],
    });
    using folder = home();
    mkdirSync(join(folder.data_dir, "config.json"));
    expect(await printed(folder)).toMatchObject({ code: 78, faults: [{ hint: "move it away" }] });
  });

  test("F006.A6 a file that is no JSON is a fault, not a crash; a good one is checked to its end", async () => {
    using torn = home('{ "alerts": ');
    expect(await printed(torn)).toMatchObject({
      code: 78,
      faults: [{ detail: expect.stringContaining("not JSON") }],
    });
    using good = home(
      JSON.stringify({ $schema: "./config.schema.json", budgets: [{ scope: "day", limit_usd: 20 }] }),
    );
    expect(await printed(good)).toMatchObject({ code: 0, config_exists: true, faults: [] });
    expect((await run(good, ["config", "--check"])).stdout).toContain("all settings are valid");
  });

  test("F006.A7 a secret is never printed", async () => {
    const secret = "0123456789abcdef-secret";
    using made = home(JSON.stringify({ alerts: { webhook: { url: "https://example.com/", secret } } }));
    for (const args of [["config"], ["config", "--json"], ["config", "--check"]])
      expect((await run(made, args, { HALL_OTLP_TOKEN: secret })).stdout).not.toContain(secret);
  });

  test("F006.A8 the printed JSON Schema is the file's, and knows every key that the documents show", async () => {
    using made = home();
    const { stdout } = await run(made, ["config", "--schema"]);
    const schema = JSON.parse(stdout) as {
      properties: Record<string, unknown>;
      additionalProperties: boolean;
    };
    expect(schema).toEqual(JSON.parse(readFileSync(join(ROOT, "docs/config.schema.json"), "utf8")));
    expect([Object.keys(schema.properties).sort(), schema.additionalProperties]).toEqual([
      Object.keys(ConfigFile.shape).sort(),
      false,
    ]);
    for (const page of ["alerts", "limits", "numbers"]) {
      const text = readFileSync(join(ROOT, `docs/${page}.md`), "utf8");
      for (const [, block] of text.matchAll(/```json(?: config)?\n([\s\S]*?)```/g))
        expect(ConfigFile.safeParse(JSON.parse(block!)).error?.issues).toBeUndefined();
    }
  });
});
