import type { Page } from "playwright-core";
import { foreignFields } from "./payload-fields.ts";

/** What the page did with what it was given, as far as it can be seen from outside. */
export type Walk = { faults: string[]; shown: Set<string>; visited: Set<string>; kinds: Set<string> };
type Inspected = { faults: string[]; marks: string[]; links: string[] };

/** Before any script of the page: what a payload would call, and what the policy of the page refuses. */
export async function watch(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const kept: string[] = [];
    Object.assign(globalThis, { kept, ran: () => kept.push("a payload ran") });
    document.addEventListener("securitypolicyviolation", (e) => kept.push(`policy: ${e.violatedDirective}`));
  });
}

/** Runs in the page. A function of its own holds all of its parts, as nothing else is there. */
function inspect(): Inspected {
  const marksOf = (text: string) => [...text.matchAll(/qx([a-z0-9]+)xq/g)].map((m) => m[1]!);
  const faults = [...(globalThis as unknown as { kept: string[] }).kept];
  const made = document.querySelectorAll("img, iframe, object, embed, #page script, [onerror], [src=x]");
  if (made.length > 0) faults.push(`made <${made[0]!.localName}>`);
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) faults.push(`${wide} wider than the page`);
  for (const box of document.querySelectorAll("dialog[open]"))
    if (box.scrollWidth > box.clientWidth + 1)
      faults.push(`drawer ${box.scrollWidth - box.clientWidth} too wide`);
  const notice = document.querySelector("main [role=alert]");
  if (notice) faults.push(`notice: ${notice.textContent}`);
  if (/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(document.title))
    faults.push("a control character in the title");

  const marks: string[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.textContent ?? "";
    const within = node.parentElement!;
    if (within.closest("script")) continue;
    marks.push(...marksOf(text));
    // What `isolated` puts round a part, it also ends.
    const rest = text.replace(/[\t\n\r]/g, "").replace(/\u2068[^\u2068\u2069]*\u2069/g, "");
    if (/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(rest))
      faults.push(`a control character in ${within.localName}.${within.className}: ${text.slice(0, 40)}`);
  }
  for (const element of document.querySelectorAll("#page *, dialog *"))
    for (const { name, value } of element.attributes) if (name !== "href") marks.push(...marksOf(value));
  const links: string[] = [];
  for (const a of document.querySelectorAll<HTMLAnchorElement>("a[href]")) {
    if (!/^https?:$/.test(a.protocol)) faults.push(`a link runs ${a.protocol}`);
    else if (a.origin === location.origin) links.push(a.pathname + a.search);
    else if (marksOf(a.href).length > 0) faults.push(`a payload leads to ${a.origin}`);
  }
  return { faults, marks: [...new Set(marks)], links };
}

/** Without anything that is still to come. */
const settled = (page: Page) =>
  page.waitForFunction(
    () =>
      document.querySelectorAll(".skeleton").length === 0 &&
      document.querySelector("main h1, main h2, main [role=alert], dialog h2"),
  );

const WIDTHS = [1440, 390];

/** Inspects what is shown now, at each width, with what can be unfolded and with the popovers of its values. */
export async function inspectAll(page: Page, walk: Walk, label: string): Promise<string[]> {
  const links: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await settled(page);
    const found = await page.evaluate(inspect);
    walk.faults.push(...found.faults.map((fault) => `${label} at ${width}: ${fault}`));
    for (const mark of found.marks) walk.shown.add(mark);
    links.push(...found.links);
  }
  return links;
}

/** What is folded up at first, and each popover of a value. */
export async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const button of document.querySelectorAll<HTMLElement>(
      "main button[aria-expanded=false], main summary",
    ))
      button.click();
  });
  await settled(page);
}

/** As a click on a link within the page does. */
export async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, path);
  await settled(page);
}

/** Links that differ in what they name alone, or in the agent and the days, are of one kind. */
export function kindOf(path: string): string {
  const { pathname, searchParams } = new URL(path, "http://page");
  const [, view = "", of = ""] = pathname.split("/");
  for (const name of ["source", "range", "from", "to"]) searchParams.delete(name);
  const names = [...searchParams].map(([name, value]) =>
    ["tab", "by", "of", "split"].includes(name) ? `${name}=${value}` : name,
  );
  return `${view}${of && "/:"} ${[...new Set(names)].sort().join(" ")}`;
}

/** Names of the fields in which the page was given a payload. */
export function fieldsWithPayloads(page: Page): Set<string> {
  const seen = new Set<string>();
  page.on("response", async (response) => {
    const isPage = response.request().resourceType() === "document";
    if (!isPage && !response.headers()["content-type"]?.includes("json")) return;
    const text = await response.text().catch(() => "");
    const first = /id="first-responses">(.*?)<\/script>/s.exec(text)?.[1];
    const json = isPage ? first : text;
    if (json?.includes("qx")) for (const name of foreignFields(JSON.parse(json))) seen.add(name);
  });
  return seen;
}
