import type { LimitSettings } from "../../schema/config.ts";
import type { SettingName } from "../../schema/settings.ts";
import type { VendorName } from "../../schema/vendors.ts";
import type { RateLimitSample } from "../../store/batch.ts";
import {
  type ClaudeOrigin,
  fromOAuthUsage,
  fromRateLimitEvent,
  fromStatusline,
  oddWindows,
} from "../sources/claude/rate-limits.ts";
import { createAppServerProbe } from "../sources/codex/app-server.ts";
import type { Json } from "./reading.ts";
import type { Limits } from "./settings.ts";

type Shape = (output: Json, of: ClaudeOrigin) => RateLimitSample[];

/** Formats of an agent's status program besides ccTrack's line; the first one that yields a sample is used. */
export const OUTPUT_SHAPES: Record<VendorName, readonly Shape[]> = {
  claude: [({ rate_limits }, of) => fromStatusline(rate_limits, of), fromRateLimitEvent, fromOAuthUsage],
  codex: [],
};

/** Input of a client's status line. */
export const STATUSLINE = { source: "claude", samples: fromStatusline, odd: oddWindows } as const;

type Account = { alias: string; home: string; cadence_ms: number | undefined; has_stream: boolean };

/** Settings of an agent's active sources in variables and config.json. */
type LimitSource = {
  status_variable: SettingName;
  statusPath(settings: LimitSettings, limits: Limits): string | undefined;
  cadenceMs(limits: Limits): number | undefined;
  /** A client that can be kept running as a server; null if it cannot. */
  server: {
    createProbe: typeof createAppServerProbe;
    isOn(settings: LimitSettings, limits: Limits): boolean;
    program(limits: Limits): string;
    accounts(limits: Limits): Account[];
  } | null;
};

export const LIMIT_SOURCES: Record<VendorName, LimitSource> = {
  claude: {
    status_variable: "CLAUDE_STATUS_PATH",
    statusPath: (settings, limits) => settings.claude_status_path ?? limits.claude_status_path,
    cadenceMs: (limits) => limits.claude_cadence_ms,
    server: null,
  },
  codex: {
    status_variable: "CODEX_STATUS_PATH",
    statusPath: (settings, limits) => settings.codex_status_path ?? limits.codex_status_path,
    cadenceMs: (limits) => limits.codex_cadence_ms,
    server: {
      createProbe: createAppServerProbe,
      isOn: (settings, limits) => settings.codex_app_server ?? limits.codex_app_server ?? false,
      program: (limits) => limits.codex_program,
      accounts: (limits) =>
        limits.codex_accounts.map(({ alias, codex_home, cadence_ms, stream }) => ({
          alias,
          home: codex_home,
          cadence_ms,
          has_stream: stream,
        })),
    },
  },
};
