import type { Listed } from "./command.ts";

/**
 * Every command, in the order of the help. Its code is fetched when it is asked for: all of it together takes
 * longer to load than most answers take to give.
 */
export const COMMANDS: readonly Listed[] = [
  {
    group: "Running",
    name: "start",
    summary: "Start the recorder and its page",
    load: async () => (await import("./commands/start.ts")).start,
  },
  {
    group: "Running",
    name: "stop",
    summary: "Stop the recorder",
    load: async () => (await import("./commands/stop.ts")).stop,
  },
  {
    group: "Running",
    name: "status",
    summary: "Say whether it runs and how far it has read",
    load: async () => (await import("./commands/status.ts")).status,
  },
  {
    group: "Running",
    name: "open",
    summary: "Open the page in the browser, signed in, or print the token for scripts",
    load: async () => (await import("./commands/open.ts")).open,
  },
  {
    group: "Running",
    name: "backfill",
    summary: "Read everything that agents have left, to the end, without a daemon",
    load: async () => (await import("./commands/backfill.ts")).backfill,
  },
  {
    group: "Running",
    name: "reindex",
    summary: "Have the daemon read source files again from their beginning",
    load: async () => (await import("./commands/reindex.ts")).reindex,
  },
  {
    group: "Running",
    name: "recost",
    summary: "Price everything stored anew, with the price book of today",
    load: async () => (await import("./commands/recost.ts")).recost,
  },
  {
    group: "Running",
    name: "rebuild",
    summary: "Make a new database from the archive and the agents' files",
    load: async () => (await import("./commands/rebuild.ts")).rebuild,
  },
  {
    group: "Running",
    name: "import",
    summary: "Add what another machine exported or archived",
    load: async () => (await import("./commands/import.ts")).importCommand,
  },
  {
    group: "Running",
    name: "prune",
    summary: "Empty the bodies of old events that a sealed day of the archive holds",
    load: async () => (await import("./commands/prune.ts")).prune,
  },
  {
    group: "Running",
    name: "purge",
    summary: "Take every word of a project, a session or old sessions out of database and archive",
    load: async () => (await import("./commands/purge.ts")).purge,
  },
  {
    group: "Running",
    name: "verify",
    summary: "Check that the database, its sums and the archive are whole, and print their digest",
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  {
    group: "Reading",
    name: "top",
    summary: "Watch agents, money and limits live in the terminal",
    load: async () => (await import("./commands/top.ts")).top,
  },
  {
    group: "Reading",
    name: "waiting",
    summary: "Report which agents wait for you, also by the exit code",
    load: async () => (await import("./commands/waiting.ts")).waiting,
  },
  {
    group: "Reading",
    name: "search",
    summary: "Find words in titles and in everything that was said",
    load: async () => (await import("./commands/search.ts")).search,
  },
  {
    group: "Reading",
    name: "tail",
    summary: "Follow events as they are stored",
    load: async () => (await import("./commands/tail.ts")).tail,
  },
  {
    group: "Reading",
    name: "daily",
    summary: "Tokens and cost by day",
    load: async () => (await import("./commands/report.ts")).daily,
  },
  {
    group: "Reading",
    name: "weekly",
    summary: "Tokens and cost by week",
    load: async () => (await import("./commands/report.ts")).weekly,
  },
  {
    group: "Reading",
    name: "monthly",
    summary: "Tokens and cost by month",
    load: async () => (await import("./commands/report.ts")).monthly,
  },
  {
    group: "Reading",
    name: "session",
    summary: "Tokens and cost by session, or one session in full",
    load: async () => (await import("./commands/session.ts")).session,
  },
  {
    group: "Reading",
    name: "cache",
    summary: "What the prompt cache saved, what its misses cost and why",
    load: async () => (await import("./commands/cache.ts")).cache,
  },
  {
    group: "Reading",
    name: "blocks",
    summary: "Tokens and cost by five-hour block",
    load: async () => (await import("./commands/blocks.ts")).blocks,
  },
  {
    group: "Reading",
    name: "why",
    summary: "How a number came about, down to tokens × price",
    load: async () => (await import("./commands/why.ts")).why,
  },
  {
    group: "Reading",
    name: "capture",
    summary: "Say whether recording is complete, source by source",
    load: async () => (await import("./commands/capture.ts")).capture,
  },
  {
    group: "Running",
    name: "stream",
    summary: "Switch the live part of recording on or off, or reset a crash loop",
    load: async () => (await import("./commands/stream.ts")).stream,
  },
  {
    group: "Reading",
    name: "reconcile",
    summary: "What is recorded against what the client says it spent",
    load: async () => (await import("./commands/reconcile.ts")).reconcile,
  },
  {
    group: "Reading",
    name: "limits",
    summary: "Show the rate limits, or import usage files of ccTrack",
    load: async () => (await import("./commands/limits.ts")).limits,
  },
  {
    group: "Reading",
    name: "plans",
    summary: "Plans with progress and cost, their defects, and what goes on with them",
    load: async () => (await import("./commands/plans.ts")).plans,
  },
  {
    group: "Reading",
    name: "guard",
    summary: "Say by its exit code whether a budget or a limit is used up",
    load: async () => (await import("./commands/guard.ts")).guard,
  },
  {
    group: "Reading",
    name: "export",
    summary: "Write events as NDJSON or CSV, oldest first",
    load: async () => (await import("./commands/export.ts")).exportCommand,
  },
  {
    group: "Installing",
    name: "config",
    summary: "Print every setting with its value, and check config.json",
    load: async () => (await import("./commands/config.ts")).configCommand,
  },
  {
    group: "Installing",
    name: "mcp",
    summary: "Answer the agent's own questions, over the Model Context Protocol",
    load: async () => (await import("./commands/mcp.ts")).mcp,
  },
  {
    group: "Installing",
    name: "install",
    summary: "Have Claude Code tell the recorder of every event",
    load: async () => (await import("./commands/install.ts")).install,
  },
  {
    group: "Installing",
    name: "uninstall",
    summary: "Take the hooks out again; what was recorded stays",
    load: async () => (await import("./commands/uninstall.ts")).uninstall,
  },
  {
    group: "Installing",
    name: "doctor",
    summary: "Check every part, and send one event all the way through",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    group: "Installing",
    name: "statusline",
    summary: "Print Claude Code's status line and record the limits it tells",
    load: async () => (await import("./commands/statusline.ts")).statusline,
  },
];
