import { effect } from "@preact/signals";
import type { PageName } from "../../../schema/pages.ts";
import { shownText } from "../../../schema/text.ts";
import { waiting } from "../agents.ts";
import { money } from "../format.ts";
import { route } from "../route.ts";
import { spent_today } from "../spend.ts";
import { view_title } from "../view-title.ts";
import { announce } from "./notify.ts";

export const NAMES: Record<PageName, string> = {
  now: "Now",
  sessions: "Sessions",
  session: "Session",
  costs: "Costs",
  request: "Request",
  limits: "Limits",
  events: "Events",
  tools: "Tools",
  plans: "Plans",
  plan: "Plan",
  health: "Health",
};

/** `1 waiting · $21.82 · Hall Monitor`: readable from another tab, as is the dot on the icon. */
export function startTitle(): void {
  effect(() => {
    const { page } = route.value;
    const count = waiting.value.length;
    const spent = spent_today.value;
    document.title = [
      count > 0 && `${count} waiting`,
      spent !== null && spent > 0 && money(spent),
      shownText(view_title.value) || (page !== "now" && NAMES[page]),
      "Hall Monitor",
    ]
      .filter(Boolean)
      .join(" · ");
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    const href = count > 0 ? "/favicon-waiting.svg" : "/favicon.svg";
    if (icon && icon.getAttribute("href") !== href) icon.href = href;
  });
  effect(() => announce(waiting.value));
}
