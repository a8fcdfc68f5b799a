import { effect, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { PageName } from "../../schema/pages.ts";
import { lazy } from "./lazy.tsx";
import { nothing_yet, startNothingYet } from "./nothing-yet.ts";
import { Notice, Skeleton } from "./notice.tsx";
import { behind, route } from "./route.ts";

/** Each view is a file of its own, fetched when it is first shown. */
const LOADERS: Record<PageName, () => Promise<ComponentType>> = {
  now: async () => (await import("./now/now-view.tsx")).NowView,
  sessions: async () => (await import("./sessions/sessions-view.tsx")).SessionsView,
  session: async () => (await import("./session/session-view.tsx")).SessionView,
  costs: async () => (await import("./costs/costs-view.tsx")).CostsView,
  request: async () => (await import("./costs/request-drawer.tsx")).RequestDrawer,
  limits: async () => (await import("./limits/limits-view.tsx")).LimitsView,
  events: async () => (await import("./events/events-view.tsx")).EventsView,
  tools: async () => (await import("./tools/tools-view.tsx")).ToolsView,
  plans: async () => (await import("./plans/plans-view.tsx")).PlansView,
  plan: async () => (await import("./plans/plans-view.tsx")).PlansView,
  health: async () => (await import("./health/health-view.tsx")).HealthView,
};

/** Views of what agents did, which have nothing to show before an agent did something. */
const FILLED_BY_AGENTS: ReadonlySet<PageName> = new Set(["now", "sessions", "costs", "events", "tools"]);
const FirstSteps = lazy(async () => (await import("./now/first-steps.tsx")).FirstSteps);

const loaded = signal<Partial<Record<PageName, ComponentType | "failed">>>({});
const requested = new Set<PageName>();

async function load(page: PageName): Promise<void> {
  if (requested.has(page)) return;
  requested.add(page);
  let view: ComponentType | "failed" = "failed";
  try {
    view = await LOADERS[page]();
  } catch {
    // The daemon is gone, or another version of it responds: requested again when the view is next opened.
    requested.delete(page);
  }
  loaded.value = { ...loaded.peek(), [page]: view };
}

export function startViews(): void {
  startNothingYet();
  effect(() => {
    void load(route.value.page);
    void load(behind.value.page);
  });
}

export function View({ page }: { page: PageName }) {
  if (nothing_yet.value && FILLED_BY_AGENTS.has(page)) return <FirstSteps />;
  const Known = loaded.value[page];
  if (Known === "failed") return <Notice fault={FAILED} />;
  return Known ? <Known /> : <Skeleton lines={8} />;
}

const FAILED = {
  title: "This view failed to load",
  detail: "The daemon is not responding or was updated.",
  hint: "Reload the page.",
};
