import { join } from "node:path";
import { plugin } from "bun";
import "./leftovers.ts";

/**
 * Milliseconds of a test. Only a test that hangs reaches it: six times what the slowest takes on an idle machine,
 * and a loaded one with fewer cores is that slow.
 */
const PATIENCE_MS = 240_000;

const BEFORE = `import { setDefaultTimeout as patience } from "bun:test"; patience(${PATIENCE_MS});`;
/** Behind what the file itself does after its tests. */
const AFTER = `import { afterAll as afterFile } from "bun:test"; import { endLeftovers } from ${JSON.stringify(join(import.meta.dir, "leftovers.ts"))}; afterFile(endLeftovers);`;

// Bun has a limit per file or per call of `bun test`, none in bunfig.toml, and its own is five seconds.
plugin({
  name: "patience",
  setup(build) {
    build.onLoad({ filter: /\.test\.ts$/ }, async ({ path }) => ({
      loader: "ts",
      contents: `${BEFORE} ${await Bun.file(path).text()}\n${AFTER}`,
    }));
  },
});
