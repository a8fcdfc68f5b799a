import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SCHEMA_VERSION } from "../../schema/version.ts";
import { createSignInCode, SIGN_IN_PATH } from "../../viewer/access/access.ts";
import { loadAccessToken } from "../access-token.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { type DaemonFile, openRoute, requireDaemon } from "../daemon-client.ts";
import { out, printJson } from "../print.ts";

const FILE = "open.html";

export const open: Command = {
  options: {
    print: {
      type: "boolean",
      what: "print the address instead of opening it; a sign-in link works once, for a minute",
    },
    token: {
      type: "boolean",
      excludes: ["--print"],
      what: "print the token that a script or Prometheus sends as `Authorization: Bearer`",
    },
    json: JSON_OPTION,
  },
  more: "Also signs the browser in where the system does not report the user behind a request (HALL_ACCESS).",
  async run({ values, config }) {
    const { data_dir } = config();
    if (flag(values, "token"))
      return show({ token: loadAccessToken(data_dir) }, "token", flag(values, "json"));
    const daemon = await requireDaemon(data_dir);
    const isKnown = await isAnswered(daemon);
    const url = isKnown ? `${daemon.url}/` : signInUrl(daemon, loadAccessToken(data_dir));
    const isOpened =
      !flag(values, "print") && (await openInBrowser(isKnown ? url : redirectFile(data_dir, url)));
    if (flag(values, "json")) return show({ url, is_opened: isOpened }, "url", true);
    if (!isOpened) out(url);
    return 0;
  },
};

function show<T extends Record<string, unknown>>(data: T, name: keyof T, json: boolean): number {
  if (json) printJson({ schema_version: SCHEMA_VERSION, generated_at: new Date().toISOString(), data });
  else out(String(data[name]));
  return 0;
}

/** Whether this user has access without a token. */
async function isAnswered(daemon: DaemonFile): Promise<boolean> {
  const answer = await openRoute(
    daemon,
    "GET /healthz",
    {},
    {
      headers: { authorization: "" },
    },
  );
  answer.resume();
  return answer.statusCode === 200;
}

const signInUrl = (daemon: DaemonFile, token: string) =>
  `${daemon.url}${SIGN_IN_PATH}?code=${createSignInCode(token)}`;

/** All users can see command lines, so the browser receives the link in a file that only this user can read. */
function redirectFile(dataDir: string, url: string): string {
  const path = join(dataDir, FILE);
  rmSync(path, { force: true });
  writeFileSync(
    path,
    `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${url}"><a href="${url}">Hall Monitor</a>\n`,
    { mode: 0o600, flag: "wx" },
  );
  return pathToFileURL(path).href;
}

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  darwin: ["open"],
  win32: ["explorer.exe"],
};

async function openInBrowser(target: string): Promise<boolean> {
  const [program = "xdg-open", ...args] = OPENERS[process.platform] ?? [];
  const path = Bun.which(program);
  if (!path) return false;
  const child = Bun.spawn([path, ...args, target], { cwd: "/", stdio: ["ignore", "ignore", "ignore"] });
  return (await child.exited) === 0;
}
