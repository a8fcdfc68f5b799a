import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { listRoutes } from "../../schema/api.ts";

import { withoutComments } from "./source-text.ts";

const ROOT = join(import.meta.dir, "../..");
/** The table of routes in its parts, and the addresses of pages, one of which is a stream for programs, too. */
const TABLES = /^schema\/(?:api[\w-]*|pages)\.ts$/;
/** Parts of other programs' addresses. */
const FOREIGN = ["/api/webhooks/"];
/** Each sends an address of the table: the page's requests, its stream, and what serves or passes on requests. */
const FETCHING = ["viewer/ui/request.ts", "viewer/ui/stream/source.ts"];

const heads = [...new Set(listRoutes().map(({ path }) => path.split("/")[1]!.split(":")[0]!))];
/** A path in a text, at its beginning or behind what is filled in: "/api/…", `${url}/v1/logs`. */
const SPELLED = new RegExp(`["'\`}]/(?:${heads.join("|").replaceAll(".", "\\.")})(?:[/?"'\`\\s.,]|$)`);
const KEY = /["'`]((?:GET|POST) \/[^"'`\s]*)/g;

const isImport = (line: string) => /(?:from|import\()\s*["']/.test(line);
const spelled = (text: string) =>
  withoutComments(text)
    .split("\n")
    .filter((line) => !isImport(line) && SPELLED.test(line) && !FOREIGN.some((part) => line.includes(part)));
const fetches = (text: string) => /(?<![\w.])fetch\(\s*(?!request\b|req\b)/.test(withoutComments(text));

const files = ["schema", "hooks", "store", "collector", "viewer", "cli", "scripts"].flatMap((room) =>
  [...new Bun.Glob("**/*.{ts,tsx,html}").scanSync({ cwd: join(ROOT, room) })].map((path) => ({
    file: `${room}/${path}`,
    text: readFileSync(join(ROOT, room, path), "utf8"),
  })),
);

test("F026.A7 a path that is spelled by hand is found wherever it is planted", () => {
  const planted = [
    'read("/api/limits")',
    "}/api/capture`",
    'path.startsWith("/v1/")',
    "}/v1/logs`",
    'send(daemon, { method: "GET", path: "/healthz" })',
    'open("/events/limits")',
    "get('/metrics')",
    'get("/status.json")',
  ];
  for (const text of planted) expect([text, spelled(text).length]).toEqual([text, 1]);
  const free = ['import a from "/api/x"', "// see /api/limits", '"/home/dev"', '"./api/stats.ts"'];
  for (const text of free) expect([text, spelled(text)]).toEqual([text, []]);
  expect([fetches("await fetch(url)"), fetches("app.fetch(request)")]).toEqual([true, false]);
});

test("F026.A7 product and scripts spell no path of a route outside the table", () => {
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap(({ file, text }) =>
    TABLES.test(file) ? [] : spelled(text).map((line) => `${file}: ${line.trim()}`),
  );
  expect(found).toEqual([]);
});

test("F026.A7 a route that a text names is one of the table", () => {
  const known = new Set<string>(listRoutes().map(({ key }) => key));
  const named = files.flatMap(({ file, text }) =>
    [...withoutComments(text).matchAll(KEY)].map(([, key]) => ({ file, key: key!.replace(/[.,;:]$/, "") })),
  );
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ key }) => !known.has(key) && !key.includes("$"))).toEqual([]);
});

test("F026.A7 the page fetches in its two clients alone", () => {
  const page = files.filter(({ file }) => file.startsWith("viewer/ui/") && !file.endsWith(".html"));
  const fetching = page.filter(({ text }) => fetches(text)).map(({ file }) => file);
  expect(fetching.sort()).toEqual(FETCHING);
});

test("F026.A7 every route has a caller in this program, or names who else calls it", () => {
  const callers = files
    .filter(({ file }) => /^(?:cli|viewer\/ui|viewer\/access)\//.test(file))
    .map(({ text }) => withoutComments(text))
    .join("\n");
  const isCalled = (key: string) => callers.includes(`"${key}"`);
  const ofOthers = listRoutes().filter(({ called_by }) => called_by !== "agents");
  expect(ofOthers.filter(({ key }) => !isCalled(key)).map(({ key }) => key)).toEqual(
    ofOthers.filter(({ called_by }) => called_by !== undefined).map(({ key }) => key),
  );
});
