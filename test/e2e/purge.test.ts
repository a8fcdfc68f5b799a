import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SPOOL_INLINE_LIMIT_BYTES } from "../../schema/names.ts";
import { carriers, fireHook } from "../hooks/fire.ts";
import { all, cli, type Home, one, startDaemon, tempHome, until } from "./daemon.ts";
import {
  createPlanter,
  fireHooks,
  isRead,
  isTextRead,
  type Planter,
  unpacked,
  writeHistory,
} from "./secret-world.ts";

const MARK = "walrusmark";
const [native, runtime] = carriers();

/** Files below a folder that hold the mark, in their bytes or in what is compressed. */
function marked(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => unpacked(readFileSync(path)).includes(MARK))
    .sort();
}

/** Codex's lines are of a project of their own. */
function inTwoProjects(planter: Planter): Planter {
  const plant = (value: unknown) => {
    const text = JSON.stringify(planter.plant(value));
    return JSON.parse(
      text.startsWith('{"timestamp"') ? text.replace(/"cwd":"[^"]*"/g, '"cwd":"/w/other"') : text,
    );
  };
  return { ...planter, plant };
}

/** Recorded sessions of both agents and hooks of both carriers, with the mark wherever there are words. */
async function fill(home: Home): Promise<void> {
  const planter = inTwoProjects(createPlanter(() => MARK));
  await fireHooks(home, planter, native!, 24, false);
  await fireHooks(home, planter, runtime!, 6, false);
  const long = `${MARK} ${"a long story ".repeat(SPOOL_INLINE_LIMIT_BYTES / 10)}`;
  for (const { root } of [native!, runtime!])
    await fireHook(
      "UserPromptSubmit",
      `${JSON.stringify({ session_id: "long", hook_event_name: "UserPromptSubmit", cwd: "/w/long", prompt: long })}\n`,
      { root, env: home.env },
    );
  writeHistory(home, planter, false);
  await using daemon = await startDaemon(home);
  await until("all is read", () => isRead(daemon, home));
  await until("all texts are there", () => isTextRead(home));
  await daemon.stop();
}

const totals = (home: Home) =>
  one(home, "select count(*) as n, sum(output_tokens) as output, sum(cost_nano_usd) as cost from requests");

test("T32 purge --before leaves no word of either agent's sessions in any byte: database, archive, spool, long payloads", async () => {
  using home = tempHome({ HALL_CAPTURE: "full" });
  await fill(home);
  const before = totals(home);
  const held = marked(home.data).join("\n");
  for (const place of ["/hall.db", "/archive/", "/spool/big/", ".log"]) expect(held).toContain(place);
  expect((await cli(home, "purge", "--before", "2100-01-01")).code).toBe(0);
  expect(marked(home.data).join("\n")).toBe(held);
  const done = await cli(home, "purge", "--before", "2100-01-01", "--write");
  expect([done.code, done.stderr]).toEqual([0, ""]);
  expect(marked(home.data)).toEqual([]);
  expect(totals(home)).toEqual(before);
  expect((await cli(home, "verify")).code).toBe(0);
});

test("T32 purge --project takes the words of its sessions and of no other project's", async () => {
  using home = tempHome({ HALL_CAPTURE: "full" });
  await fill(home);
  const count = (where: string) =>
    one<{ n: number }>(
      home,
      `select count(*) as n from texts join sessions using (session_pk) where ${where}`,
    ).n;
  const [most] = all<{ project_path: string }>(
    home,
    `select project_path from sessions join texts using (session_pk) where project_path is not null
     group by project_path order by count(*) desc, project_path limit 1`,
  );
  const others = count(`project_path is not '${most!.project_path}'`);
  expect([count(`project_path = '${most!.project_path}'`) > 0, others > 0]).toEqual([true, true]);
  const done = await cli(home, "purge", "--project", most!.project_path, "--write");
  expect([done.code, done.stderr]).toEqual([0, ""]);
  expect(count(`project_path = '${most!.project_path}'`)).toBe(0);
  expect(count(`project_path is not '${most!.project_path}'`)).toBe(others);
});
