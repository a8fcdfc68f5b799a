import { plugin } from "bun";

/**
 * Milliseconds of a test. Only a test that hangs reaches it: six times what the slowest takes on an idle machine,
 * and a loaded one with fewer cores is that slow.
 */
const PATIENCE_MS = 240_000;

// Bun has a limit per file or per call of `bun test`, none in bunfig.toml, and its own is five seconds.
plugin({
  name: "patience",
  setup(build) {
    build.onLoad({ filter: /\.test\.ts$/ }, async ({ path }) => ({
      loader: "ts",
      contents: `import { setDefaultTimeout as patience } from "bun:test"; patience(${PATIENCE_MS}); ${await Bun.file(path).text()}`,
    }));
  },
});
