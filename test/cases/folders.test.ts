import { describe, expect, test } from "bun:test";
import { cpSync, mkdirSync } from "node:fs";
import { loadConfig } from "../../schema/config.ts";
import { isProject, projectName, projectOf } from "../../schema/projects.ts";
import { readTimeZone } from "../../schema/time-zone.ts";
import { spendQueries } from "../../store/queries/spend.ts";
import { assistant, createWorld, jsonl, transcript } from "../world.ts";
import { openCase, totalsOf } from "./case.ts";

describe("projects", () => {
  test("CASE21 one folder of Windows is one project, however it is written", () => {
    for (const path of [
      "C:\\Users\\me\\shop",
      "c:\\Users\\me\\shop\\",
      "C:/Users/me/shop/",
      "/mnt/c/Users/me/shop",
      "/cygdrive/c/Users/me/shop",
      "/c/Users/me/shop",
      "\\\\?\\C:\\Users\\me\\shop",
    ])
      expect([path, projectOf(path)]).toEqual([path, "C:/Users/me/shop"]);
    expect(projectOf("\\\\wsl.localhost\\Ubuntu\\home\\u\\shop")).toBe("/home/u/shop");
    expect(projectOf("\\\\wsl$\\Ubuntu\\home\\u\\shop")).toBe("/home/u/shop");
    expect(["D:\\", "/mnt/d", "/", "/w/a\\b"].map(projectName)).toEqual(["D:", "D:", "/", "a\\b"]);
  });

  test("CASE21 a question about the project finds every spelling, and nothing that only ends alike", async () => {
    const world = openCase("21");
    await world.read();
    for (const project of ["shop", "Shop", "me/shop", "C:\\Users\\me\\shop", "/mnt/c/Users/me/shop"])
      expect([project, spendQueries(world.db).of({ project }).requests]).toEqual([project, 3]);
    expect(spendQueries(world.db).of({ project: "op" }).requests).toBe(0);
    world.close();
  });

  test("CASE22 a worktree is its repository, however it was created", async () => {
    for (const path of [
      "/w/shop/.claude/worktrees/fix-1",
      "/w/shop/.worktrees/fix-1",
      "/w/shop.worktrees/fix-1",
      "C:\\w\\shop\\.claude\\worktrees\\fix-1",
      "/home/u/.cursor/worktrees/shop/ab12",
    ])
      expect([path, projectName(path)]).toEqual([path, "shop"]);
    expect(projectOf("/w/shop/.claude/worktrees/fix-1/web")).toBe("/w/shop/web");
    // Its own name still asks for it alone.
    expect(isProject("/w/shop/.claude/worktrees/fix-1", "fix-1")).toBe(true);
    const world = openCase("22");
    await world.read();
    expect(spendQueries(world.db).of({ project: "/w/shop" })).toMatchObject({
      requests: 2,
      cost_nano_usd: 2208000,
    });
    world.close();
  });

  test("CASE22 a worktree that a hook made belongs to where it was made from", async () => {
    const world = createWorld();
    const state = { originalCwd: "/w/shop", worktreePath: "/w/wt/wt1", worktreeName: "wt1" };
    world.write(
      transcript("S1"),
      jsonl(
        { type: "worktree-state", worktreeSession: state, sessionId: "S1" },
        assistant({ cwd: "/w/wt/wt1" }),
      ),
    );
    await world.read();
    expect(world.one("select project_path from sessions")).toEqual({ project_path: "/w/shop" });
    world.close();
  });
});

describe("folders", () => {
  test("CASE23 Cowork's transcripts are found, its audit log is not counted", async () => {
    const world = openCase("23");
    await world.read();
    expect(totalsOf(world)).toEqual([2, 2, 0, 110, 2208000]);
    world.close();
    expect(loadConfig({ HOME: "/h", CLAUDE_CONFIG_DIR: "" }).cowork_roots).toEqual([]);
  });

  test("CASE29 Claude's folder is found however it is written", () => {
    const roots = (written: string) => loadConfig({ HOME: "/h", CLAUDE_CONFIG_DIR: written }).roots.claude;
    for (const written of [
      "/h/x",
      "/h/x/",
      "/h/x/projects",
      "/h/x/projects/",
      "~/x",
      "$HOME/x",
      `\${HOME}/x/`,
      '"~/x"',
    ])
      expect([written, roots(written)]).toEqual([written, ["/h/x/projects"]]);
    expect(roots("/nowhere , ~/x")).toEqual(["/nowhere/projects", "/h/x/projects"]);
    expect(roots("")).toEqual([]);
    const codex = (env: Record<string, string>) => loadConfig({ HOME: "/h", ...env }).roots.codex;
    const both = ["/h/c/sessions", "/h/c/archived_sessions"];
    for (const CODEX_HOME of ["/h/c", "/h/c/", "~/c", "/h/c/sessions"])
      expect(codex({ CODEX_HOME })).toEqual(both);
    for (const CODEX_SESSIONS_DIR of ["~/c/sessions", "/h/c/sessions/"])
      expect(codex({ CODEX_SESSIONS_DIR })).toEqual(both);
  });

  test("CASE29 the folder of transcripts, named as Claude's folder, is read", async () => {
    const world = createWorld({ CLAUDE_CONFIG_DIR: "~/w/projects" });
    const { home } = world;
    mkdirSync(`${home}/w/projects`, { recursive: true });
    cpSync(
      new URL("../fixtures/cases/29/.claude-work/projects", import.meta.url).pathname,
      `${home}/w/projects`,
      {
        recursive: true,
      },
    );
    expect(loadConfig({ HOME: home, CLAUDE_CONFIG_DIR: "~/w/projects" }).roots.claude).toEqual([
      `${home}/w/projects`,
    ]);
    world.close();
  });
});

describe("time zones", () => {
  const zoneOf = (tz: string | undefined, localtime?: string) =>
    readTimeZone(tz, localtime, () => "Europe/Berlin");

  test("CASE27 TZ is understood in every spelling that a system takes", () => {
    for (const tz of [
      "America/New_York",
      ":America/New_York",
      "/usr/share/zoneinfo/America/New_York",
      ":/usr/share/zoneinfo/America/New_York",
      "/usr/share/zoneinfo/posix/America/New_York",
      "posix/America/New_York",
      "right/America/New_York",
      "EST5EDT,M3.2.0,M11.1.0",
      "EST5EDT",
    ])
      expect([tz, zoneOf(tz).zone]).toEqual([tz, "America/New_York"]);
    const others = {
      "CET-1CEST,M3.5.0,M10.5.0/3": "Europe/Berlin",
      "UTC-5:30": "+05:30",
      "<+03>-3": "+03:00",
    };
    for (const [tz, zone] of Object.entries({
      ...others,
      UTC0: "UTC",
      "": "UTC",
      "US/Pacific": "US/Pacific",
    }))
      expect([tz, zoneOf(tz)]).toEqual([tz, { zone, not_understood: null }]);
  });

  test("CASE27 what is not understood is kept, to be reported", () => {
    for (const tz of ["Nowhere/Land", "garbage", "CET-99"])
      expect(zoneOf(tz)).toEqual({ zone: "Europe/Berlin", not_understood: tz });
    expect(zoneOf(undefined, "/usr/share/zoneinfo/Etc/UTC").zone).toBe("UTC");
    expect(zoneOf(undefined)).toEqual({ zone: "Europe/Berlin", not_understood: null });
    expect(() => loadConfig({ HOME: "/h", HALL_TIME_ZONE: "Nowhere/Land" })).toThrow("not an IANA time zone");
  });
});
