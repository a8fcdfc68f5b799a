import { accessSync, constants, existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { DATABASE_FILE } from "../../store/database.ts";
import { statIn } from "../../store/stat.ts";
import { toDuration } from "../format.ts";
import { VERSION } from "../version.ts";
import { type Check, fail, ok, type Patient, warn } from "./check.ts";

const BUN_AT_LEAST = "1.4.0";

export function runtime(): Check[] {
  const found = `hall-monitor ${VERSION} on Bun ${Bun.version}, ${process.platform} ${process.arch}`;
  if (Bun.semver.satisfies(Bun.version, `>=${BUN_AT_LEAST}`)) return [ok("runtime", found)];
  return [fail("runtime", found, `Bun ${BUN_AT_LEAST} or newer is needed: \`bun upgrade\``)];
}

/** Other users must not read the conversations and actions of agents. */
export function dataDirectory({ config: { data_dir } }: Patient): Check[] {
  const name = "data directory";
  const stat = statIn(data_dir);
  if (stat === undefined) return [toBeMade(name, data_dir)];
  if (!stat.isDirectory())
    return [fail(name, `${data_dir} is not a folder`, "move it away, or set HALL_DATA_DIR")];
  if (stat.uid !== (process.getuid?.() ?? stat.uid))
    return [fail(name, `${data_dir} belongs to another user`, "set HALL_DATA_DIR to a folder of yours")];
  accessSync(data_dir, constants.R_OK | constants.W_OK | constants.X_OK);
  if ((stat.mode & 0o077) !== 0)
    return [
      fail(name, `${data_dir} is accessible to other users (${octal(stat.mode)})`, `chmod 700 '${data_dir}'`),
    ];
  for (const file of [DATABASE_FILE, "daemon.json"]) {
    const path = join(data_dir, file);
    if (existsSync(path) && (statSync(path).mode & 0o077) !== 0)
      return [
        fail(
          name,
          `${path} is accessible to other users (${octal(statSync(path).mode)})`,
          `chmod 600 '${path}'`,
        ),
      ];
  }
  return [ok(name, `${data_dir} (${octal(stat.mode)})`)];
}

/** The time zone of days, and whether it was set. */
export function timeZone({ config: { time_zone, time_zone_not_understood: tz } }: Patient): Check[] {
  if (tz === null) return [ok("time zone", time_zone)];
  return [
    warn(
      "time zone",
      `TZ=${tz} is not a time zone; days are those of ${time_zone}`,
      "set HALL_TIME_ZONE to a name like Europe/Berlin",
    ),
  ];
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, "0");
}

export function daemon({ daemon: found, status, now }: Patient): Check[] {
  if (!found || !status) return [fail("daemon", "not running", "`hall-monitor start --detach`")];
  const checks = status.problems.map((p) => fail("daemon", p.detail, p.hint ?? "see `hall-monitor status`"));
  if (status.version !== VERSION)
    checks.push(
      warn(
        "daemon",
        `is version ${status.version}, this is ${VERSION}`,
        "`hall-monitor stop`, then start it again",
      ),
    );
  return checks.length > 0
    ? checks
    : [
        ok(
          "daemon",
          `${status.state}, process ${status.pid}, up ${toDuration(now - status.started_unix_ms)}`,
        ),
      ];
}

export async function port({ daemon: found, config }: Patient): Promise<Check[]> {
  if (found?.url) return [ok("port", `${found.url} answers`)];
  if (config.port === 0) return [ok("port", "a free port is picked")];
  for (const host of ["127.0.0.1", "::1"])
    if (!(await isFree(config.port, host)))
      return [
        fail(
          "port",
          `${host} port ${config.port} is used by another program`,
          "end it, or set HALL_PORT; 0 picks a free one",
        ),
      ];
  return [ok("port", `${config.port} is free`)];
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: { code?: string }) => resolve(error.code !== "EADDRINUSE"));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** The first start makes it, where the nearest folder that is there lets it. */
function toBeMade(name: string, path: string): Check {
  let above = dirname(path);
  while (statIn(above) === undefined && above !== dirname(above)) above = dirname(above);
  try {
    accessSync(above, constants.W_OK | constants.X_OK);
  } catch {
    const hint = "check its owner and permissions, or set HALL_DATA_DIR";
    return fail(name, `${path} cannot be made: ${above} takes no folder`, hint);
  }
  return warn(name, `${path} does not exist yet`, "it is created at the first start");
}
