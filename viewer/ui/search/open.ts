import { signal } from "@preact/signals";

export const is_search_open = signal(false);

export function openSearch(): void {
  is_search_open.value = true;
}
