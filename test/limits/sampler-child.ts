/** `sampler-child.ts DATA_DIR PROGRAMS`: a sampler in a process of its own, for tests that kill it. */
import { join } from "node:path";
import { createCommandProbe } from "../../collector/limits/command.ts";
import { createSampler } from "../../collector/limits/sampler.ts";

const [dataDir = "", programs = ""] = process.argv.slice(2);
const env = { PATH: "/usr/bin:/bin" };
const limits = { timeout_ms: 5_000, kill_after_ms: 300, cadence_ms: 1, env };
const sampler = createSampler({
  data_dir: dataDir,
  hostname: "devbox",
  probes: [
    createCommandProbe({ source: "claude", path: join(programs, "claude"), ...limits }),
    createCommandProbe({ source: "codex", path: join(programs, "codex"), ...limits }),
  ],
});
for (;;) {
  await sampler.tick();
  process.stdout.write(".");
  await Bun.sleep(2);
}
