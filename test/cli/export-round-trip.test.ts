import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { createLocalApp } from "../../cli/local-app.ts";
import { transcriptItems } from "../../cli/transcript/pages.ts";
import { renderer } from "../../cli/transcript/render.ts";
import { openReader } from "../../store/database.ts";
import { linesOf, textsIn } from "../collector/restore/conversations.ts";
import { putCorpus } from "../store/archive-corpus.ts";
import { createWorld, type World } from "../world.ts";

/** The content of the files of each session, its sub-agents' too; a fork's copies are its own. */
function textsBySession(world: World): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const root of [".claude", ".codex"]) {
    const names = readdirSync(world.path(root), { recursive: true, encoding: "utf8" });
    for (const name of names.filter((n) => /(?:projects|sessions)\/.*\.jsonl$/.test(n))) {
      const lines = linesOf(readFileSync(world.path(`${root}/${name}`), "utf8"));
      const [first] = lines as { type?: string; payload?: { id?: string } }[];
      const key =
        first?.type === "session_meta"
          ? `codex:${first.payload!.id}`
          : `claude:${lines.find((line) => line.sessionId !== undefined)?.sessionId}`;
      found.set(key, [...(found.get(key) ?? []), ...textsIn(lines)]);
    }
  }
  return found;
}

test("F041.A4 what a session's export holds is what its files hold, text by text", async () => {
  const world = createWorld({ HALL_CAPTURE: "full" });
  putCorpus(world.home, world.config.data_dir);
  await world.read();
  await world.pipeline.collector.drainTexts();
  const sessions = textsBySession(world);
  expect(sessions.size).toBeGreaterThan(60);
  const db = openReader(world.config.data_dir);
  const app = createLocalApp(db, world.config);
  for (const [key, texts] of sessions) {
    if (texts.length === 0) continue;
    const exported: string[] = [];
    let printed = "";
    for await (const item of transcriptItems(app, key, undefined)) {
      exported.push(item.text);
      printed += renderer("markdown", "UTC").item(item);
    }
    expect([key, exported.toSorted()]).toEqual([key, texts.toSorted()]);
    expect([key, texts.filter((text) => !printed.includes(text))]).toEqual([key, []]);
  }
  db.close();
  world.close();
});
