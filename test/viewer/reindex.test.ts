import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Daemon, type Home, isSettled, startDaemon, tempHome, until } from "../e2e/daemon.ts";
import { dump, putCorpus } from "../store/archive-corpus.ts";

async function corpus(home: Home): Promise<Daemon> {
  putCorpus(home.path, home.data);
  const daemon = await startDaemon(home);
  await isRead(daemon);
  await until("hidden calls are worked out", () => isSettled(home));
  return daemon;
}
const isRead = (daemon: Daemon) =>
  until("history is read", async () => {
    const { backfill, state } = await daemon.status();
    return backfill.done && state === "live";
  });

const post = (daemon: Daemon, body?: string) =>
  fetch(`${daemon.url}/api/system/reindex`, {
    method: "POST",
    ...(body !== undefined && { body, headers: { "content-type": "application/json" } }),
  });
const read = async (daemon: Daemon) =>
  Object.fromEntries(
    (await daemon.status()).pipeline.files_scanned
      .filter((row) => row.stage === "pass2")
      .map((row) => [row.source, row.count]),
  );
const filesOf = (root: string, ending: RegExp) =>
  (readdirSync(root, { recursive: true, encoding: "utf8" }) as string[])
    .filter((name) => ending.test(name))
    .map((name) => join(root, name));

test("B-07 B-04 a daemon reads what it is asked to read again, and not a row of it changes", async () => {
  using home = tempHome();
  await using daemon = await corpus(home);
  const before = home.read(dump);
  const claude = filesOf(join(home.path, ".claude/projects"), /\.(jsonl|meta\.json)$/).length;
  const codex = filesOf(join(home.path, ".codex"), /rollout-.*\.jsonl(\.zst)?$/).length;
  expect(await read(daemon)).toEqual({ claude, codex });

  const answer = await post(daemon, '{"sources":["codex"]}');
  expect([answer.status, await answer.json()]).toEqual([
    200,
    expect.objectContaining({ data: expect.objectContaining({ sources: ["codex"] }) }),
  ]);
  await until("Codex is read again", async () => (await read(daemon)).codex === 2 * codex);
  expect(await read(daemon)).toEqual({ claude, codex: 2 * codex });
  await isRead(daemon);
  expect(home.read(dump)).toEqual(before);

  expect((await post(daemon)).status).toBe(200);
  await until("everything is read again", async () => (await read(daemon)).claude === 2 * claude);
  await until("Codex too", async () => (await read(daemon)).codex === 3 * codex);
  await isRead(daemon);
  expect(home.read(dump)).toEqual(before);
});

test("B-07 what is no list of sources is refused by the daemon and read nowhere", async () => {
  using home = tempHome();
  await using daemon = await corpus(home);
  const before = await read(daemon);
  for (const body of ['{"sources":["x"]}', '{"sources":[]}', "{bad", '{"sources":"codex"}'])
    expect([body, (await post(daemon, body)).status]).toEqual([body, 400]);
  expect(await read(daemon)).toEqual(before);
});

test("B-04 a mixed corpus read again twice changes no row, and the archive has no number twice", async () => {
  using home = tempHome();
  const daemon = await corpus(home);
  const before = home.read(dump);
  const claude = (await read(daemon)).claude!;
  for (const times of [2, 3]) {
    expect((await post(daemon)).status).toBe(200);
    await until("it is read again", async () => (await read(daemon)).claude === times * claude);
    await isRead(daemon);
    expect(home.read(dump)).toEqual(before);
  }
  expect(await daemon.stop()).toBe(0);
  const lines = filesOf(join(home.data, "archive"), /\.jsonl$/).flatMap((path) =>
    readFileSync(path, "utf8").trim().split("\n"),
  );
  const seqs = lines
    .map((line) => JSON.parse(line) as { seq: number; after_seq?: number })
    .filter((line) => line.after_seq === undefined)
    .map((line) => line.seq);
  expect(seqs).toEqual(
    [...before.events!, ...before.requests!].map((row) => row.seq as number).sort((a, b) => a - b),
  );
});
