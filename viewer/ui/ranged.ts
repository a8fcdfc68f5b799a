import type { PageName } from "../../schema/pages.ts";
import { setQuery } from "./route.ts";

/** Views with a range that show everything by default, with the label for that. */
export const OPEN: Partial<Record<PageName, string>> = { sessions: "All", events: "All", limits: "Current" };
const RANGED: ReadonlySet<string> = new Set(["costs", "tools", ...Object.keys(OPEN)]);

export const hasRange = (page: PageName): boolean => RANGED.has(page);

/** `isStep`: Back leads to the days before. */
export const chooseDays = (days: { range?: string; from?: string; to?: string }, isStep = true): void =>
  setQuery({ range: "", from: "", to: "", on: "", ...days }, isStep);
