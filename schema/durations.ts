/** A calendar day may be longer or shorter: days are cut in a time zone. */
export const DAY_MS = 86_400_000;
export const WEEK_MS = 7 * DAY_MS;
