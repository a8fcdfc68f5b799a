import { readFileSync } from "node:fs";
import { join } from "node:path";

export type TestTitle = { file: string; title: string; ids: string[]; is_group: boolean };

/**
 * `test("…")`, `it("…")`, their tables and conditions (`onLinux`), and the groups with names that come before theirs
 * in a report. A test that is skipped or still to be written proves nothing.
 */
const TITLE =
  /\b(?:test|it|describe|on[A-Z]\w*)(?:\.(?:each|if|skipIf|todoIf|concurrent|serial)(?:\([\s\S]{0,2000}?\))?)*\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g;
const LEADING_IDS = /^(?:[A-Z]{1,4}-?\d+(?:\.A?\d+)?[,:]?\s+)+/;

export function titlesOf(source: string): Omit<TestTitle, "file">[] {
  return [...source.matchAll(TITLE)].map((match) => {
    const title = match[2] ?? "";
    const ids = (LEADING_IDS.exec(title)?.[0] ?? "").split(/[,:\s]+/).filter(Boolean);
    return { title, ids, is_group: match[0].startsWith("describe") };
  });
}

/** Titles of all test files, with the ids that each starts with. */
export function allTitles(root: string): TestTitle[] {
  const files = [...new Bun.Glob("test/**/*.test.{ts,tsx}").scanSync({ cwd: root })].sort();
  return files.flatMap((file) =>
    titlesOf(readFileSync(join(root, file), "utf8")).map((found) => ({ file, ...found })),
  );
}
