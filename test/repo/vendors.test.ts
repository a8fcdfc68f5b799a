import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VENDOR_NAMES } from "../../schema/vendors.ts";

const ROOT = join(import.meta.dir, "../..");
/** Names of models, and steps of the schema, which never change; the texts of the page are written for people. */
const MAY_NAME = ["store/model-names.ts", "store/migrations.ts", "viewer/ui/"];
const withoutComments = (text: string) =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|[\s;{(,])\/\/[^\n]*/g, "$1");

test("V1 store and viewer name no agent", () => {
  const files = ["store", "viewer"].flatMap((room) =>
    [...new Bun.Glob("**/*.{ts,tsx}").scanSync({ cwd: join(ROOT, room) })].map((path) => `${room}/${path}`),
  );
  const name = new RegExp(`["'\`/](?:${VENDOR_NAMES.join("|")})\\b`);
  const naming = files
    .filter((file) => !MAY_NAME.some((place) => file.startsWith(place)))
    .filter((file) => name.test(withoutComments(readFileSync(join(ROOT, file), "utf8"))));
  expect(files.length).toBeGreaterThan(100);
  expect(naming).toEqual([]);
});
