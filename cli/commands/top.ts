import { byActivity } from "../activity-table.ts";
import { alertSettings } from "../alerts.ts";
import { type Bell, createBell } from "../bell.ts";
import { type Command, flag, JSON_OPTION } from "../command.ts";
import { callRoute, type DaemonFile, requireDaemon } from "../daemon-client.ts";
import { follow } from "../follow.ts";
import { out, printJson, terminalWidth } from "../print.ts";
import { type TopData, type TopView, topFrame } from "../top/frame.ts";
import { type Key, openScreen } from "../top/screen.ts";

const PIPE = { width: 100, height: 40 };

export const top: Command = {
  options: {
    once: { type: "boolean", what: "print once and exit; the default in a pipe" },
    json: JSON_OPTION,
  },
  more: [
    "Keys: q quits, ↑ ↓ scroll, i shows idle sessions, space pauses.",
    "The terminal's bell rings once for each wait that is longer than `alerts.waiting_after_seconds` of config.json.",
  ].join("\n"),
  async run({ values, config }) {
    const { data_dir } = config();
    const bell = createBell(alertSettings(config()).waiting_after_seconds);
    const daemon = await requireDaemon(data_dir);
    if (flag(values, "json")) return printOnce(daemon);
    if (flag(values, "once") || !process.stdout.isTTY) return drawOnce(daemon);
    await live(data_dir, daemon, bell);
    return 0;
  },
};

async function load(daemon: DaemonFile): Promise<TopData> {
  const [sessions, stats, limits] = await Promise.all([
    callRoute(daemon, "GET /api/sessions", {
      query: { activity: "waiting,working,done,idle,unknown", limit: "1000" },
    }),
    callRoute(daemon, "GET /api/dashboard/stats", { query: { period: "24h" } }),
    callRoute(daemon, "GET /api/limits"),
  ]);
  return { sessions: sessions.data, stats: stats.data, limits: limits.data.windows, now: Date.now() };
}

async function printOnce(daemon: DaemonFile): Promise<number> {
  const { sessions, stats, limits } = await load(daemon);
  printJson({ sessions: byActivity(sessions), stats, limits });
  return 0;
}

async function drawOnce(daemon: DaemonFile): Promise<number> {
  const width = Math.min(terminalWidth(), PIPE.width);
  const frame = topFrame(await load(daemon), { ...PIPE, width, scroll: 0, shows_idle: true, notice: "" });
  for (const line of frame.join("\n").trimEnd().split("\n")) out(line);
  return 0;
}

async function live(dataDir: string, first: DaemonFile, bell: Bell): Promise<void> {
  const over = Promise.withResolvers<void>();
  const ending = new AbortController();
  const view: Omit<TopView, "width" | "height"> = { scroll: 0, shows_idle: true };
  let data: TopData | undefined;
  let isPaused = false;
  const keys: Record<Key, () => void> = {
    quit: () => over.resolve(),
    up: () => (view.scroll = Math.max(0, view.scroll - 1)),
    down: () => (view.scroll = Math.min(view.scroll + 1, Math.max(0, (data?.sessions.length ?? 1) - 1))),
    idle: () => (view.shows_idle = !view.shows_idle),
    pause: () => (isPaused = !isPaused),
  };
  const draw = () => {
    if (!data) return;
    bell(data.sessions, Date.now());
    const notice = isPaused ? "paused; press space to resume" : view.notice;
    screen.draw(topFrame(data, { ...view, ...screen.size(), notice }));
  };
  const screen = openScreen({
    key(key) {
      keys[key]();
      draw();
    },
    resize: draw,
  });
  const tick = setInterval(() => {
    if (isPaused || !data) return;
    data.now = Date.now();
    draw();
  }, 1000);
  const following = follow(dataDir, first, ending.signal, {
    load,
    data(next) {
      view.notice = undefined;
      if (isPaused) return;
      data = next;
      draw();
    },
    lost() {
      view.notice = "no answer from the daemon; retrying";
      draw();
    },
  });
  try {
    await Promise.race([over.promise, following]);
  } finally {
    ending.abort();
    clearInterval(tick);
    screen.close();
  }
}
