import { expect, test } from "bun:test";
import { join } from "node:path";

const SCRIPT = join(import.meta.dir, "../../scripts/failing-files.sh");
const filesIn = (printed: string) =>
  Bun.spawnSync(["sh", SCRIPT], { stdin: Buffer.from(printed) })
    .stdout.toString()
    .split("\n")
    .filter(Boolean);

const ONE = "test/store/one.test.ts:\n(pass) a [1ms]\n(fail) b [2ms]\n";
const TWO = "test/e2e/two.test.ts:\nerror: expect(received)\n(fail) group > c [2ms]\n(fail) d [2ms]\n";
const END =
  "\n2 tests failed:\n(fail) b [2ms]\n(fail) group > c [2ms]\n\n 1 pass\n 3 fail\nRan 4 tests across 2 files.\n";

test("F024 the build server finds the files with a failure, each once", () => {
  expect(filesIn(`${ONE}test/cli/three.test.ts:\n(pass) e [1ms]\n${TWO}${END}`)).toEqual([
    "test/e2e/two.test.ts",
    "test/store/one.test.ts",
  ]);
});

test("F024 a run without its summary, or with an error outside of tests, is not run again", () => {
  expect(filesIn(ONE + TWO)).toEqual([]);
  expect(filesIn(`${ONE}# Unhandled error between tests\n${END}`)).toEqual([]);
  expect(filesIn("(fail) b [2ms]\n 0 pass\n 1 fail\n")).toEqual([]);
});
