import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import fc from "fast-check";
import { VENDOR_RESTORE } from "../../../collector/restore/vendors.ts";
import { isVendor } from "../../../schema/vendors.ts";
import { digest } from "../../../store/digest.ts";
import { conversationQueries } from "../../../store/queries/conversation.ts";
import type { SessionRow } from "../../../store/queries/sessions.ts";
import { createWorld, jsonl, totals, transcript, type World } from "../../world.ts";
import { claudeConversation, codexConversation, codexItems, linesOf, type Message } from "./conversations.ts";
import { type Base, endsOf, items, rolloutOf, steps, transcriptOf } from "./generated.ts";

const FIXTURES = join(import.meta.dir, "../../fixtures");

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".jsonl"));
}

async function readAll(world: World): Promise<void> {
  await world.read();
  await world.pipeline.collector.drainTexts();
}

/** Every file of every session, as it would be written back. */
function restoreAll(world: World): Map<string, string> {
  const kept = conversationQueries(world.db);
  const written = new Map<string, string>();
  for (const session of world.all<SessionRow>("select * from sessions")) {
    const vendor = isVendor(session.source) ? VENDOR_RESTORE[session.source] : undefined;
    const path = isVendor(session.source)
      ? vendor?.pathOf(session, world.config.roots[session.source])
      : undefined;
    if (!vendor || path === undefined || kept.textsOf(session.session_pk).length === 0) continue;
    for (const file of vendor.files({ session, kept, path })) written.set(file.path, file.text);
  }
  return written;
}

const ownWords = (path: string) => codexItems(linesOf(readFileSync(path, "utf8"))).length;

/** The files of the agents are taken away, written back, and read again. */
async function replace(world: World, written: ReadonlyMap<string, string>): Promise<void> {
  rmSync(world.path(".claude"), { recursive: true, force: true });
  rmSync(world.path(".codex"), { recursive: true, force: true });
  await readAll(world);
  for (const [path, text] of written) world.write(path.slice(world.home.length + 1), text);
  await readAll(world);
}

const CLAUDE = ["claude/transcripts/2.1.197", "claude/transcripts/2.1.329", "claude-332/transcripts/tui2"];
const CODEX = ["codex/home", "codex-171/exec", "codex-171/tui", "codex-171/app-server"];

describe("transcript → store → transcript", () => {
  test.each(CLAUDE)(
    "F041.A5 a deleted conversation is written back as it was, and nothing of it is counted twice: %s",
    async (corpus) => {
      const world = createWorld({ HALL_CAPTURE: "full" });
      const root = join(FIXTURES, corpus, "projects");
      const messages = new Map<string, Message[]>();
      for (const name of filesBelow(root)) {
        const bytes = readFileSync(join(root, name));
        const path = world.write(`.claude/projects/${name}`, bytes);
        messages.set(path, claudeConversation(linesOf(bytes.toString())));
      }
      await readAll(world);
      const before = [digest(world.db), totals(world)];
      const written = restoreAll(world);
      for (const [path, expected] of messages) {
        if (expected.length === 0) continue;
        expect(written.has(path), path).toBe(true);
        expect(claudeConversation(linesOf(written.get(path)!)), path).toEqual(expected);
      }
      await replace(world, written);
      expect([digest(world.db), totals(world)]).toEqual(before);
      world.close();
    },
  );

  test.each(CODEX)(
    "F041.A5 a deleted conversation is written back as it was, and nothing of it is counted twice: %s",
    async (corpus) => {
      const world = createWorld({ HALL_CAPTURE: "full" });
      const root = join(FIXTURES, corpus);
      const threads = new Map<string, string>();
      for (const name of filesBelow(root)
        .filter((n) => basename(n).startsWith("rollout-"))
        .sort()) {
        world.write(`.codex/${name}`, readFileSync(join(root, name)));
        // A thread that was reverted has a second file, and continues in that.
        threads.set(/-([0-9a-f-]{36})(?:_[0-9a-f-]{36})?\.jsonl$/.exec(name)![1]!, join(root, name));
      }
      await readAll(world);
      const before = [digest(world.db), totals(world)];
      const written = restoreAll(world);
      for (const [thread, path] of threads) {
        const expected = codexConversation(path);
        // A fork without texts of its own is its parent's conversation.
        if (expected.length === 0 || ownWords(path) === 0) continue;
        const file = [...written.keys()].find((p) => p.endsWith(`-${thread}.jsonl`));
        expect(file, path).toBeDefined();
        const items = linesOf(written.get(file!)!).filter((line) => line.type === "response_item");
        expect(codexItems(items), path).toEqual(expected);
      }
      await replace(world, written);
      expect([digest(world.db), totals(world)]).toEqual(before);
      world.close();
    },
  );
});

const LIMIT = 65_536;
const asKept = (text: string) =>
  text.length <= LIMIT
    ? text
    : `${text.slice(0, LIMIT)}\n[cut: ${LIMIT} of ${text.length} characters were kept]`;

/** The conversation, each text as it is kept. */
function cut(messages: Message[]): Message[] {
  const parts = (part: unknown) =>
    typeof part === "string"
      ? asKept(part)
      : {
          ...(part as object),
          ...("output" in (part as object) && { output: asKept((part as { output: string }).output) }),
        };
  return messages.map((one) => ({ ...one, parts: one.parts.map(parts) }));
}

test("F041.A5 generated: whatever was written, gone back on, run beside each other, compacted or left empty", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 6 }), async (all, pieces) => {
      const world = createWorld({ HALL_CAPTURE: "full" });
      try {
        const lines = transcriptOf(all, "S1");
        const bytes = Buffer.from(jsonl(...lines));
        // The file grows while it is read.
        const piece = Math.ceil(bytes.length / pieces);
        for (let at = 0; at < bytes.length; at += piece) {
          world.append(transcript("S1"), bytes.subarray(at, at + piece));
          await readAll(world);
        }
        const expected = cut(claudeConversation(lines));
        if (expected.length === 0) return;
        const before = digest(world.db);
        const written = restoreAll(world);
        const file = written.get(world.path(transcript("S1"))) ?? "";
        expect(claudeConversation(linesOf(file))).toEqual(expected);
        await replace(world, written);
        expect(digest(world.db)).toEqual(before);
      } finally {
        world.close();
      }
    }),
    { numRuns: 25 },
  );
});

const [THREAD, FORK] = ["01a1fa16-6e42-7e83-a387-4c8755fc10fa", "01a1fa16-6e42-7e83-a387-4c8755fc10fb"];
const rollout = (hour: number, name: string) =>
  `.codex/sessions/2026/11/01/rollout-2026-11-01T${10 + hour}-00-00-${name}.jsonl`;

test("F041.A5 generated: a Codex thread, one that was reverted, and a fork of it", async () => {
  await fc.assert(
    fc.asyncProperty(
      items,
      items,
      items,
      fc.nat(30),
      fc.nat(30),
      async (first, second, third, back, from) => {
        const world = createWorld({ HALL_CAPTURE: "full" });
        try {
          const own = rolloutOf(first, THREAD, 0);
          const ends = endsOf(own);
          const returned: Base = { thread: THREAD, end: ends[back % ends.length]! };
          const forked: Base = { thread: THREAD, end: ends[from % ends.length]! };
          const before = (end: number) => codexItems(own.filter((line) => Number(line.ordinal) < end));
          const reverted = rolloutOf(second, THREAD, 1, returned);
          const fork = rolloutOf(third, FORK, 2, forked);
          world.write(rollout(0, THREAD), jsonl(...own));
          world.write(rollout(2, FORK), jsonl(...fork));
          await readAll(world);
          const check = (thread: string, messages: Message[], ownWords: number) => {
            const [path, text] = [...restoreAll(world)].find(([p]) => p.endsWith(`-${thread}.jsonl`)) ?? [];
            if (ownWords > 0) expect([path, codexItems(linesOf(text!))]).toEqual([path, cut(messages)]);
          };
          check(THREAD, codexItems(own), codexItems(own).length);
          check(FORK, [...before(forked.end), ...codexItems(fork)], codexItems(fork).length);
          world.write(rollout(1, `${THREAD}_01a1fa16-6f78-7bb0-8597-eac6a3fded72`), jsonl(...reverted));
          await readAll(world);
          check(THREAD, [...before(returned.end), ...codexItems(reverted)], codexItems(reverted).length);
          const all = digest(world.db);
          await replace(world, restoreAll(world));
          expect(digest(world.db)).toEqual(all);
        } finally {
          world.close();
        }
      },
    ),
    { numRuns: 25 },
  );
});
