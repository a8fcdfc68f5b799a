import type { Config } from "../../schema/config.ts";
import { messageOf } from "../../schema/errors.ts";
import type { DaemonStatus } from "../../schema/status.ts";
import type { DaemonFile } from "../daemon-client.ts";
import type { Installed } from "../install/settings.ts";

/** `warn` is worth knowing but stops nothing; only `fail` makes the doctor's exit code 1. */
export type Check = { name: string; state: "ok" | "warn" | "fail"; detail: string; hint?: string };

/** The input of all checks, queried once. */
export type Patient = {
  config: Config;
  daemon: DaemonFile | undefined;
  status: DaemonStatus | undefined;
  hooks: Installed | undefined;
  now: number;
};

export const ok = (name: string, detail: string): Check => ({ name, state: "ok", detail });
export const warn = (name: string, detail: string, hint: string): Check => ({
  name,
  state: "warn",
  detail,
  hint,
});
export const fail = (name: string, detail: string, hint: string): Check => ({
  name,
  state: "fail",
  detail,
  hint,
});

/** A check that throws is a finding as well. */
export async function attempt(name: string, check: () => Check[] | Promise<Check[]>): Promise<Check[]> {
  try {
    return await check();
  } catch (error) {
    const hint = (error as { hint?: string }).hint ?? "see docs/troubleshooting.md";
    return [fail(name, messageOf(error), hint)];
  }
}
