import { AppError } from "../../schema/errors.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { ask, findDaemon, isAlive, readDaemonFile } from "../daemon-client.ts";
import { out, printJson } from "../print.ts";

const PATIENCE_MS = 15_000;
const POLL_MS = 50;

export const stop: Command = {
  options: { json: JSON_OPTION },
  more: "What hooks write while nothing runs is read at the next start.",
  async run({ values, config }) {
    const { data_dir } = config();
    const file = readDaemonFile(data_dir);
    if (!file || !isAlive(file.pid))
      throw new AppError("not_running", `No daemon runs on ${data_dir}`, { hint: "nothing to stop" });
    const answering = await findDaemon(data_dir);
    // Without its port it cannot be asked, but its signal means the same.
    if (answering) await ask(answering, "POST /shutdown");
    else process.kill(file.pid, "SIGTERM");
    await gone(file.pid);
    if (flag(values, "json")) printJson({ stopped: true, pid: file.pid });
    else out("hall-monitor has stopped");
    return 0;
  },
};

async function gone(pid: number): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; isAlive(pid); await Bun.sleep(POLL_MS))
    if (Date.now() > end)
      throw new AppError("internal", `Process ${pid} still runs after ${PATIENCE_MS / 1000} s`, {
        hint: `it may be finishing a large file; \`kill -9 ${pid}\` loses nothing`,
      });
}
