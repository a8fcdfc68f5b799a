/** What documents print about limits, apart from `rate-limits.ts`, which a status line loads on every redraw. */
import type { FailureClass } from "./rate-limits.ts";
import type { SampleOrigin } from "./row-values.ts";
import { STATUS_PROGRAMS } from "./status-programs.ts";

type LimitOrigin = { label: string; enabled_by: string; runs: string; reports: string };

const PROGRAMS = Object.values(STATUS_PROGRAMS)
  .map((name) => `\`${name}\``)
  .join(" or ");

export const LIMIT_ORIGINS: Record<SampleOrigin, LimitOrigin> = {
  rollout: {
    label: "Codex rollouts",
    enabled_by:
      "default, unless `ENABLE_CODEX_SOURCE=false`; for `CODEX_HOME` and each `codex_home` in `config.json`",
    runs: "nothing: the rollouts are read anyway",
    reports: "5 hours, week, credits; with every response",
  },
  statusline: {
    label: "Claude's status line",
    enabled_by: "an entry in `settings.json` (see below)",
    runs: "nothing: Claude Code passes the figures in",
    reports: "5 hours and week; absent with an API key and before the first response",
  },
  client_cache: {
    label: "Claude's own cache",
    enabled_by: "default: `.claude.json` of Claude Code 2.1.2xx and later",
    runs: "nothing: only this key of the file is decoded",
    reports: "what Claude Code received when it last displayed its limits",
  },
  command: {
    label: "Status programs",
    enabled_by: `\`CLAUDE_STATUS_PATH\`, \`CODEX_STATUS_PATH\`, or ${PROGRAMS} on the \`PATH\`; an empty variable disables one`,
    runs: "your program, with `--format json --status-timeout 20`",
    reports: "the windows it prints",
  },
  app_server: {
    label: "`codex app-server`",
    enabled_by: "`HALL_CODEX_APP_SERVER=true`, or accounts in `config.json`",
    runs: "the client, over stdin: `initialize`, `initialized`, `account/rateLimits/read`",
    reports: "every limit id of the account, credits",
  },
};

export const FAILURE_TEXTS: Record<FailureClass, string> = {
  missing: "the program was not found",
  timeout: "no answer within 20 seconds",
  flood: "more output than 4 MiB, or a line longer than 1 MiB",
  exited: "the program exited with an error, or before it answered",
  garbage: "the output is not a known answer",
  not_logged_in: "the client has no login",
  not_applicable: "the login has no limits, as with an API key; raises no alert",
  method_not_found: "the client is too old to report limits",
  overloaded: "the client refused the request because it is overloaded",
  unauthorized: "the backend refused the login (401)",
  rate_limited: "the backend answered 429; the next poll waits longer each time",
  backend_error: "the backend answered with another error",
  unreachable: "the backend could not be reached",
  not_recorded: "the answer could not be written to the data directory",
  failed: "any other failure",
};
