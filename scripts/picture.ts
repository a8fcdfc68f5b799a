/** Takes the pictures of the README and of docs/: the real page over an invented week. `bun run picture`; wants a Chromium. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openPage } from "../test/e2e/page-rig.ts";
import { sessionId, startInventedWeek } from "./picture-world.ts";

const OUT = join(import.meta.dir, "../docs/pictures");
const SETTLED_MS = 2_500;
const QUALITY = 72;
const session = `claude:${sessionId(1, 0)}`;

const PICTURES: [name: string, path: string, options: { dark?: boolean; width: number }][] = [
  ["now", "/", { width: 1280 }],
  ["now-dark", "/", { width: 1280, dark: true }],
  ["now-phone", "/", { width: 390, dark: true }],
  ["costs", "/costs?by=project&range=7d", { width: 1280 }],
  ["limits", "/limits", { width: 1280, dark: true }],
  ["session", `/sessions/${session}`, { width: 1280 }],
];

mkdirSync(OUT, { recursive: true });
const { world, daemon } = await startInventedWeek();
for (const [name, path, options] of PICTURES) {
  const open = await openPage(`${daemon.url}${path}`, options);
  await open.page.getByRole("status").getByText("Live").waitFor();
  await open.page.waitForTimeout(SETTLED_MS);
  const file = join(OUT, `${name}.jpg`);
  await open.page.screenshot({ path: file, type: "jpeg", quality: QUALITY });
  console.log(`${name}.jpg: ${Math.ceil(statSync(file).size / 1000)} kB`);
  await open.close();
}
await daemon.stop();
world.remove();
process.exit(0);
