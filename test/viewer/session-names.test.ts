import { expect, test } from "bun:test";
import { bundledBook } from "../../store/price-book.ts";
import { requestQueries } from "../../store/queries/requests.ts";
import { sessionNames } from "../../store/queries/session-names.ts";
import { wasteQueries } from "../../store/queries/waste.ts";
import { prompt, response } from "../e2e/page-rig.ts";
import { createWorld } from "../world.ts";

const NOW = Date.parse("2026-11-20T18:30:00Z");

test("F045.A21 a session in a ranking is named by its title, else by its first prompt", async () => {
  const world = createWorld();
  try {
    const write = (id: string, ...lines: object[]) =>
      world.write(
        `.claude/projects/-shop/${id}.jsonl`,
        lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
      );
    write(
      "s1",
      prompt("s1", "1", NOW, "Tidy the shop"),
      prompt("s1", "2", NOW + 1000, "And the cellar"),
      response("s1", "a", NOW + 2000),
    );
    const title = { type: "custom-title", customTitle: "Prices", sessionId: "s2" };
    write("s2", prompt("s2", "3", NOW, "Port the price book"), response("s2", "b", NOW + 1000), title);
    write("s3", response("s3", "c", NOW));
    await world.read();
    const names = sessionNames(world.db)(["claude:s1", "claude:s2", "claude:s3", "codex:s1", null]);
    expect([...names].sort()).toEqual([
      ["claude:s1", "Tidy the shop"],
      ["claude:s2", "Prices"],
    ]);
    const listed = requestQueries(world.db).newest({}, undefined, 10);
    expect(new Set(listed.map((r) => `${r.session_key} ${r.title}`))).toEqual(
      new Set(["claude:s1 Tidy the shop", "claude:s2 Prices", "claude:s3 null"]),
    );
    const { sessionOf } = wasteQueries(world.db, bundledBook());
    const titles = listed.map((r) => sessionOf(r.session_pk).title);
    expect(titles).toEqual(listed.map((r) => r.title));
  } finally {
    world.close();
  }
});
