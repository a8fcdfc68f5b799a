import { VENDOR_NAMES, VENDORS, type VendorName } from "./vendors.ts";

/** Texts about an agent for a new user; names of commands, files and settings are in backquotes. */
type VendorTexts = {
  /** Its default folder. */
  home: string;
  /** How its live activity is shown. */
  live: string;
  /** The source of its past sessions. */
  history: string;
  /** How its rate limits are reported. */
  limits: string;
};

/** Apart from `VENDORS`, which every view of the page loads. */
const VENDOR_TEXTS: Record<VendorName, VendorTexts> = {
  claude: {
    home: "~/.claude",
    live: "Run `hall-monitor install` once, then start Claude Code.",
    history: "Transcripts are read from `~/.claude/projects`, or from `CLAUDE_CONFIG_DIR`.",
    limits: "`hall-monitor statusline --help` shows how Claude Code reports its limits.",
  },
  codex: {
    home: "~/.codex",
    live: "Codex sessions appear without an installation.",
    history: "Rollouts are read from `~/.codex`, or from `CODEX_HOME`.",
    limits: "Codex reports its limits in every session.",
  },
};

const texts = VENDOR_NAMES.map((name) => VENDOR_TEXTS[name]);

/** `Claude Code and Codex`. */
export const AGENTS = VENDOR_NAMES.map((name) => VENDORS[name].label).join(" and ");
export const FIRST_STEPS: readonly { title: string; text: string }[] = VENDOR_NAMES.flatMap((name) => [
  { title: `${VENDORS[name].label}, live`, text: VENDOR_TEXTS[name].live },
  { title: `${VENDORS[name].label}, history`, text: VENDOR_TEXTS[name].history },
]);
export const LIVE_STEPS = texts.map((t) => t.live).join(" ");
export const LIMIT_STEPS = texts.map((t) => t.limits).join(" ");
export const HOMES = texts.map((t) => `\`${t.home}\``).join(" and ");
