import { type PageName, pagePath } from "../../../schema/pages.ts";
import { waiting } from "../agents.ts";
import { behind } from "../route.ts";
import { status } from "../status.ts";
import { NAMES } from "./title.ts";

type Link = {
  page: "now" | "sessions" | "costs" | "limits" | "events" | "tools" | "plans" | "health";
  key: string;
};
export const LINKS: Link[] = [
  { page: "now", key: "n" },
  { page: "sessions", key: "s" },
  { page: "costs", key: "c" },
  { page: "limits", key: "l" },
  { page: "events", key: "e" },
  { page: "tools", key: "t" },
  { page: "plans", key: "p" },
  { page: "health", key: "h" },
];
/** Views in the bar of a narrow screen; the others are behind "More". */
const IN_BAR = 4;

/** Source and days are kept from view to view, other filters are not. */
export function linkTo(page: Link["page"]): string {
  const { source = "", range = "", from = "", to = "" } = behind.value.query;
  return pagePath(page, {}, { source, range, from, to });
}

const PARENTS: Partial<Record<PageName, PageName>> = { session: "sessions", plan: "plans" };

export function Rail() {
  const { page } = behind.value;
  const here = PARENTS[page] ?? page;
  return (
    <nav class="rail" aria-label="Views">
      <a class="brand" href="/">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="8" />
          <path d="M10 23V9m0 7h12m0 7V9" />
        </svg>
        Hall Monitor
      </a>
      <ul>
        {LINKS.slice(0, IN_BAR).map((link) => (
          <Item key={link.page} link={link} here={here} />
        ))}
        <li class="more-views">
          <button type="button" popovertarget="more-views">
            More
          </button>
        </li>
      </ul>
      <ul id="more-views" popover="auto">
        {LINKS.slice(IN_BAR).map((link) => (
          <Item key={link.page} link={link} here={here} />
        ))}
      </ul>
      <p class="rail-foot">{status.value && `v${status.value.version}`}</p>
    </nav>
  );
}

function Item({ link, here }: { link: Link; here: PageName }) {
  const count = link.page === "now" ? waiting.value.length : 0;
  const close = () => document.getElementById("more-views")?.hidePopover?.();
  return (
    <li>
      <a href={linkTo(link.page)} aria-current={here === link.page ? "page" : undefined} onClick={close}>
        {NAMES[link.page]}
        {count > 0 ? (
          <b class="count">
            {count}
            <span class="hidden"> waiting</span>
          </b>
        ) : (
          <span class="kbd" aria-hidden="true">
            g {link.key}
          </span>
        )}
      </a>
    </li>
  );
}
