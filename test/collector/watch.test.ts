import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWatcher } from "../../collector/watch.ts";
import { until } from "../e2e/daemon.ts";

test("F007.A1 the count of watched folders follows those that come, go and are added", async () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "hall-watch-")));
  const [one, two] = [join(root, "one"), join(root, "two")];
  for (const folder of [one, two, join(one, "a")]) mkdirSync(folder);
  const ignore = () => {};
  const watcher = createWatcher([one], ignore, ignore);
  await until("folders are watched", () => watcher.folders() > 0);
  const first = watcher.folders();
  mkdirSync(join(one, "b"));
  await until("a new folder is counted", () => watcher.folders() > first);
  const more = watcher.folders();
  watcher.follow([two]);
  await until("a further root is counted", () => watcher.folders() > more);
  const most = watcher.folders();
  rmSync(join(one, "b"), { recursive: true });
  await until("a folder that went is not counted", () => watcher.folders() < most);
  expect(watcher.mode()).toBe("events");
  await watcher.close();
  rmSync(root, { recursive: true });
});
