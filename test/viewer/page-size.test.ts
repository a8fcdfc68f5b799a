import { expect, test } from "bun:test";
import { brotliCompressSync, constants } from "node:zlib";
import { PAGES } from "../../schema/pages.ts";
import { buildPage } from "../../viewer/build-page.ts";

const kB = (text: string) =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }).length / 1000;
const FIRST_LOAD_KB = 60;
const CHUNK_KB = 30;

test("F045.A12 no file of the page holds zod, no chunk is above 30 kB, and each view loads at most 60 kB", async () => {
  const files = await buildPage();
  const scripts = [...files].filter(([name]) => name.endsWith(".js"));
  expect(scripts.length).toBeGreaterThan(8);
  for (const [name, text] of scripts) {
    // The names of its classes and of its inner parts stay whatever is minified.
    expect([name, /ZodError|\$ZodType|_zod\b/.test(text)]).toEqual([name, false]);
    const size = kB(text);
    expect([name, size < CHUNK_KB ? "small" : size]).toEqual([name, "small"]);
  }
  const views = JSON.parse(files.get("views.json")!) as Record<string, string[]>;
  expect(Object.keys(views).sort()).toEqual(Object.keys(PAGES).sort());
  for (const [view, parts] of Object.entries(views)) {
    const loaded = ["index.html", "app.css", "app.js", "worker.js", "favicon.svg", ...parts];
    const size = loaded.reduce((sum, name) => sum + kB(files.get(name)!), 0);
    expect([view, size < FIRST_LOAD_KB ? "small" : size]).toEqual([view, "small"]);
  }
});
