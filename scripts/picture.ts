/** Takes the pictures of the README and of docs/: the real page over an invented week. `bun run picture`; wants a Chromium. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openPage } from "../test/e2e/page-rig.ts";
import { sessionId, startInventedWeek } from "./picture-world.ts";

const OUT = join(import.meta.dir, "../docs/pictures");
const SETTLED_MS = 2_500;
const QUALITY = 36;
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
  // Playwright itself writes no WebP, which is half the size of a JPEG that reads as well.
  const browser = await open.page.context().newCDPSession(open.page);
  const { data } = await browser.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  const picture = Buffer.from(data, "base64");
  writeFileSync(join(OUT, `${name}.webp`), picture);
  console.log(`${name}.webp: ${Math.ceil(picture.length / 1000)} kB`);
  await open.close();
}
await daemon.stop();
world.remove();
process.exit(0);
