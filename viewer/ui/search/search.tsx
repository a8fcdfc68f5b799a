import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type * as z from "zod";
import { addressOf } from "../../../schema/api-address.ts";
import type { SearchAnswer, SearchHit } from "../../../schema/api-texts.ts";
import { pagePath } from "../../../schema/pages.ts";
import { now } from "../clock.ts";
import { plural, shortMoment } from "../format.ts";
import { Notice } from "../notice.tsx";
import { type Fault, load } from "../request.ts";
import { go } from "../route.ts";
import { titleOfKey } from "../session-title.ts";
import { zone } from "../status.ts";
import { is_search_open } from "./open.ts";

const WAIT_MS = 80;
const LIMIT = 30;
/** While texts are still being read, the search is repeated. */
const UNREAD_MS = 2000;
const KINDS: Record<SearchHit["kind"], string> = {
  title: "# Title",
  prompt: "❯ Prompt",
  answer: "● Answer",
  thinking: "✻ Thinking",
  tool_input: "→ Tool call",
  tool_output: "← Tool result",
  context: "· Context",
};

/** The last word matches as a prefix. */
function toWords(typed: string): string {
  const q = typed.trim();
  return /[\p{L}\p{N}]$/u.test(q) && (q.split('"').length - 1) % 2 === 0 ? `${q}*` : q;
}

const hrefOf = ({ session_key, id }: SearchHit) =>
  pagePath("session", { key: session_key }, id === null ? {} : { tab: "transcript", at: id });

type Found = z.infer<typeof SearchAnswer>;

/** Part of the first load, so that no letter typed right after the shortcut is lost. */
export function Search() {
  return is_search_open.value ? <Overlay /> : null;
}

function Overlay() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, type] = useState("");
  const [chosen, choose] = useState(0);
  const { found, fault } = useSearch(typed, () => choose(0));
  const hits = found?.hits ?? [];
  const close = useModal(dialog);
  const open = (hit: SearchHit | undefined) => {
    if (!hit) return;
    is_search_open.value = false;
    go(hrefOf(hit));
  };
  const press = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (event.key === "Enter") open(hits[chosen]);
    else if (step === undefined || hits.length === 0) return;
    else choose(moved(chosen, step, hits.length));
    event.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      class="search-overlay"
      aria-label="Search"
      onClose={close}
      onClick={(e) => e.target === e.currentTarget && e.currentTarget.close()}
    >
      <input
        type="text"
        role="combobox"
        aria-label="Search titles and conversations"
        aria-expanded={hits.length > 0}
        aria-controls="hits"
        aria-activedescendant={hits.length > 0 ? `hit-${chosen}` : undefined}
        aria-autocomplete="list"
        placeholder='Search titles and conversations; "exact phrase"'
        autocomplete="off"
        dir="auto"
        value={typed}
        onInput={(e) => type(e.currentTarget.value)}
        onKeyDown={press}
      />
      {fault && <Notice fault={fault} />}
      <Hits hits={hits} chosen={chosen} />
      <Foot found={found} isEmpty={typed.trim() === ""} />
    </dialog>
  );
}

function Foot({ found, isEmpty }: { found: Found | null; isEmpty: boolean }) {
  const hits = found?.hits.length ?? 0;
  return (
    <p class="search-foot muted" role="status">
      {found && !isEmpty && hits === 0 && "No results. "}
      {hits > 0 && `${plural(hits, "hit")}. `}
      {found && found.unread_files > 0 && `${plural(found.unread_files, "file")} still to be read. `}
      <kbd>↑</kbd> <kbd>↓</kbd> choose, <kbd>Enter</kbd> opens, <kbd>Esc</kbd> closes
    </p>
  );
}

/** Opens the dialog with the focus in its field; what it returns gives the focus back. */
function useModal(dialog: { current: HTMLDialogElement | null }): () => void {
  const before = useRef(document.activeElement);
  // Before anything is drawn, so that no letter typed right after the shortcut is lost.
  useLayoutEffect(() => {
    dialog.current?.showModal();
    dialog.current?.querySelector("input")?.focus();
  }, []);
  return () => {
    is_search_open.value = false;
    const back = before.current === document.body ? document.getElementById("main") : before.current;
    if (back instanceof HTMLElement) back.focus({ preventScroll: true });
  };
}

const STEPS: Record<string, number | undefined> = { ArrowDown: 1, ArrowUp: -1 };

function moved(chosen: number, step: number, count: number): number {
  const next = (chosen + step + count) % count;
  document.getElementById(`hit-${next}`)?.scrollIntoView({ block: "nearest" });
  return next;
}

function Hits({ hits, chosen }: { hits: SearchHit[]; chosen: number }) {
  return (
    <div id="hits" role="listbox" aria-label="Found">
      {hits.map((hit, i) => (
        <a
          key={`${hit.session_key} ${hit.id}`}
          id={`hit-${i}`}
          role="option"
          aria-selected={i === chosen}
          tabIndex={-1}
          class="hit"
          href={hrefOf(hit)}
          onClick={() => {
            is_search_open.value = false;
          }}
        >
          <Hit hit={hit} />
        </a>
      ))}
    </div>
  );
}

function Hit({ hit }: { hit: SearchHit }) {
  return (
    <>
      <span class="hit-head">
        <span class={hit.is_error ? "bad" : "muted"}>
          {KINDS[hit.kind]}
          {hit.is_error && ", failed"}
        </span>
        {hit.kind !== "title" && (
          <bdi dir="auto" class="clip">
            {titleOfKey(hit.session_key, hit.title, hit.project)}
          </bdi>
        )}
        <bdi dir="auto" class="muted clip">
          {hit.tool_name ?? hit.project}
        </bdi>
        <time class="muted">{shortMoment(hit.time_unix_ms, now.value, zone.value)}</time>
      </span>
      <bdi dir="auto" class="hit-text">
        <Marked hit={hit} />
      </bdi>
    </>
  );
}

function Marked({ hit: { snippet, marks } }: { hit: SearchHit }) {
  let end = 0;
  const parts = marks.flatMap(([from, until]) => {
    const part = [snippet.slice(end, from), <mark key={from}>{snippet.slice(from, until)}</mark>];
    end = until;
    return part;
  });
  return (
    <>
      {parts}
      {snippet.slice(end)}
    </>
  );
}

/** The results for the latest input; pending requests for older input are aborted. */
function useSearch(typed: string, onFresh: () => void): { found: Found | null; fault: Fault | null } {
  const [state, set] = useState<{ found: Found | null; fault: Fault | null }>({ found: null, fault: null });
  const [attempt, retry] = useState(0);
  useEffect(() => {
    const q = toWords(typed);
    if (q === "") {
      set({ found: null, fault: null });
      return;
    }
    const running = new AbortController();
    let again: ReturnType<typeof setTimeout> | undefined;
    const timer = setTimeout(async () => {
      const { path } = addressOf("GET /api/search", { query: { q, limit: LIMIT } });
      const result = await load(path, { signal: running.signal });
      if (result.kind === "fault") set({ found: null, fault: result.fault });
      if (result.kind !== "fresh") return;
      const found = (result.body as { data: Found }).data;
      set({ found, fault: null });
      onFresh();
      if (found.unread_files > 0) again = setTimeout(() => retry((n) => n + 1), UNREAD_MS);
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      clearTimeout(again);
      running.abort();
    };
  }, [typed, attempt]);
  return state;
}
