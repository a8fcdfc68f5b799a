import { signal } from "@preact/signals";

/** What a view calls what it shows, in front of its own name; empty where it has only that. */
export const view_title = signal("");
