/** Invented agents: status programs that are real processes, and secrets in their output. */
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

/** Sent beside the figures, as vendors do; none of it may come out anywhere. */
export const SECRETS = {
  key: "sk-proj-DEMO0planted0key00000000",
  token: "eyJDEMO0planted.eyJDEMO0planted.sig",
  refresh: "rt_DEMO0planted_refresh_0001",
  email: "demo.person@example.test",
  account: "acct-DEMO-planted-0001",
  user: "user-DEMO-planted-0001",
};
const WINDOWS = {
  claude: { session: [50, 5], weekly_all: [25, 168], weekly_opus: [10, 168] },
  codex: { "5h_limit": [30, 5], weekly_limit: [60, 168] },
} as const;
const HOUR_MS = 3_600_000;

export type Fakes = ReturnType<typeof createFakes>;

/** Every window is a quarter over. A program answers as often as it is allowed to, then it waits. */
export function createFakes(folder: string) {
  const at = (name: string) => join(folder, name);
  const put = (name: string, text: string) => {
    writeFileSync(at(`${name}.new`), text);
    renameSync(at(`${name}.new`), at(name));
  };
  return {
    path: at,
    create(source: "claude" | "codex", allowed: number): string {
      this.allow(source, allowed);
      writeFileSync(at(source), script(source, Date.now()));
      chmodSync(at(source), 0o755);
      return at(source);
    },
    allow: (source: string, times: number) => put(`${source}.allowed`, `${times}\n`),
    runs: (source: string) => (existsSync(at(`${source}.runs`)) ? statSync(at(`${source}.runs`)).size : 0),
    /** The process that runs now is killed, and each one that follows dies as it starts. */
    kill(source: string): void {
      put(`${source}.dead`, "");
      process.kill(Number(readFileSync(at(`${source}.pid`), "utf8")), "SIGKILL");
    },
    /** The time that the programs believe it is. */
    setClock: (unix_ms: number) => put("clock", `${new Date(unix_ms).toISOString()}\n`),
  };
}

function script(source: "claude" | "codex", now: number): string {
  const windows = Object.entries(WINDOWS[source]).map(([name, [used_percent, hours]]) => {
    const resets_at = new Date(now + 0.75 * hours * HOUR_MS).toISOString();
    return [name, { used_percent, window_minutes: hours * 60, resets_at }];
  });
  const event = JSON.stringify({
    source_tool: source,
    timestamp: "@AT@",
    email: SECRETS.email,
    account_id: SECRETS.account,
    user_id: SECRETS.user,
    token: SECRETS.token,
    windows: Object.fromEntries(windows),
  });
  return `#!/bin/sh
me="$0"
printf . >> "$me.runs"
echo $$ > "$me.pid"
[ -e "$me.dead" ] && kill -KILL $$
n=$(wc -c < "$me.runs")
while [ "$n" -gt "$(cat "$me.allowed")" ]; do sleep 0.05; done
at=$(cat "$(dirname "$0")/clock" 2>/dev/null || date -u +%FT%TZ)
echo '${SECRETS.email} ${SECRETS.token}' >&2
echo '${event}' | sed "s/@AT@/$at/"
`;
}

/** Every file below a folder, by its path there. */
export function filesBelow(folder: string): [name: string, text: string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [path.slice(folder.length + 1), readFileSync(path, "latin1")]);
}

/** Where a secret came out. */
export function leaks(outputs: Iterable<[name: string, text: string]>): string[] {
  return [...outputs].flatMap(([name, text]) =>
    Object.entries(SECRETS).flatMap(([secret, value]) =>
      text.includes(value) ? [`${secret} in ${name}`] : [],
    ),
  );
}

export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limit_ms = 90_000,
): Promise<void> {
  const started = performance.now();
  while (!(await isSo())) {
    if (performance.now() - started > limit_ms) throw new Error(`${what}: not within ${limit_ms / 1000} s`);
    await Bun.sleep(20);
  }
}

/** The value of one series; undefined where it is absent. */
export function series(exposition: string, name: string): number | undefined {
  const line = exposition.split("\n").find((l) => l.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}
