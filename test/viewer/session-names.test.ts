import { expect, test } from "bun:test";
import { createLocalApp } from "../../cli/local-app.ts";
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
    const typed =
      "<command-message>init</command-message>\n<command-name>/init</command-name>\n<command-args>the shelves</command-args>";
    write("s4", prompt("s4", "4", NOW, typed), response("s4", "d", NOW + 1000));
    write("s5", prompt("s5", "5", NOW, "<Button> must be\u202e red"), response("s5", "e", NOW + 1000));
    await world.read();
    const names = sessionNames(world.db)([
      ...["claude:s1", "claude:s2", "claude:s3", "claude:s4", "claude:s5", "codex:s1"],
      null,
    ]);
    expect([...names].sort()).toEqual([
      ["claude:s1", "Tidy the shop"],
      ["claude:s2", "Prices"],
      ["claude:s4", "/init the shelves"],
      ["claude:s5", "<Button> must be red"],
    ]);
    const listed = requestQueries(world.db).newest({}, undefined, 10);
    expect(new Set(listed.map((r) => `${r.session_key} ${r.title}`))).toEqual(
      new Set([
        "claude:s1 Tidy the shop",
        "claude:s2 Prices",
        "claude:s3 null",
        "claude:s4 /init the shelves",
        "claude:s5 <Button> must be\u202e red",
      ]),
    );
    const { sessionOf } = wasteQueries(world.db, bundledBook());
    const titles = listed.map((r) => sessionOf(r.session_pk).title);
    expect(titles).toEqual(listed.map((r) => r.title));
    // One name in every list: of sessions, of requests, and of what a search finds.
    const app = createLocalApp(world.db, world.config);
    const sessions = (await app.call("GET /api/sessions", {})).data;
    const requests = (await app.call("GET /api/requests", {})).data;
    const { hits } = (await app.call("GET /api/search", { query: { q: "shelves" } })).data;
    for (const key of ["claude:s1", "claude:s4", "claude:s5"]) {
      const title = names.get(key);
      expect(sessions.find((s) => s.session_key === key)?.title).toBe(title);
      expect(requests.find((r) => r.session_key === key)?.title).toBe(title);
    }
    expect(hits.find((hit) => hit.session_key === "claude:s4")?.title).toBe("/init the shelves");
  } finally {
    world.close();
  }
});
