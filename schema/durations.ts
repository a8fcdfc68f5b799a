/** A calendar day may be longer or shorter: what is cut by days is cut in a zone. */
export const DAY_MS = 86_400_000;
export const WEEK_MS = 7 * DAY_MS;
