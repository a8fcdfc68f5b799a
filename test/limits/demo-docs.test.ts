import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadAlertSettings } from "../../collector/alerts/settings.ts";
import { loadLimitSources } from "../../collector/limits/sources.ts";
import { loadConfig } from "../../schema/config.ts";
import { DIALS, toCctrackWindow } from "../../schema/rate-limits.ts";
import { SETTINGS } from "../../schema/settings.ts";
import { ENV, prints, tempRig } from "./rig.ts";

const DOCS = join(import.meta.dir, "../../docs");
const page = readFileSync(join(DOCS, "limits.md"), "utf8");
const block = (name: string): unknown =>
  JSON.parse(new RegExp(`\`\`\`json ${name}\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? "");

test("F032 docs/limits.md: its config.json is accepted and means what the page claims", () => {
  using rig = tempRig();
  mkdirSync(rig.data, { recursive: true, mode: 0o700 });
  const path = join(rig.data, "config.json");
  writeFileSync(path, JSON.stringify(block("config")));
  const { limits } = loadConfig({ HOME: rig.path(""), HALL_DATA_DIR: rig.data });
  const { probes } = loadLimitSources({ ...limits, codex_status_path: "/bin/true" }, path, "0.0.0");
  expect(probes.map((p) => [p.name, p.cadence_ms])).toEqual([
    ["codex_command", 600_000],
    ["codex_app_server:work", 300_000],
    ["codex_app_server:home", 900_000],
  ]);
  expect(loadAlertSettings(path)).toMatchObject({
    quota_at: [80, 100],
    desktop: true,
    budgets: [{ scope: "day" }],
  });
});

test("F032 docs/limits.md: what its status program prints is taken", async () => {
  using rig = tempRig();
  const result = await rig
    .probe("codex", rig.command("codex", prints(block("status"))))
    .run(() => 0, new AbortController().signal);
  expect(result).toMatchObject({
    ok: true,
    event: {
      time_unix_ms: Date.parse("2026-11-20T12:00:00Z"),
      windows: [
        { window: "5h", used_percent: 23, resets_at_unix_ms: Date.parse("2026-11-20T15:00:00Z") },
        { window: "weekly", used_percent: 44, resets_at_unix_ms: Date.parse("2026-11-24T12:00:00Z") },
      ],
    },
  });
});

test("F032 docs/limits.md: a program sees no API key, and the words it names are the product's", () => {
  const { limits } = loadConfig({ ...ENV, HOME: "/home/me", OPENAI_API_KEY: "sk", ANTHROPIC_API_KEY: "sk" });
  expect(Object.keys(limits.child_env).filter((name) => name.includes("KEY"))).toEqual([]);
  const variables = [...page.matchAll(/`([A-Z]+_[A-Z_]+)[=`]/g)].map((m) => m[1]!);
  const known = Object.keys(SETTINGS);
  expect(variables.length).toBeGreaterThan(3);
  expect(variables.filter((name) => !known.includes(name))).toEqual([]);
  for (const { dial, source, window } of DIALS) {
    expect(page).toContain(dial);
    if (source === "claude") expect(page).toContain(`\`${toCctrackWindow(source, window)}\``);
  }
});

test("F032 docs/limits.md: the files that it points to are there", () => {
  const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map((m) => m[1]!);
  expect(links.length).toBeGreaterThanOrEqual(5);
  expect(links.filter((link) => !existsSync(join(DOCS, link)))).toEqual([]);
});
