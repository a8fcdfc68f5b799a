import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { SessionDetail } from "../../../schema/api-shapes.ts";
import type { Transcript } from "../../../schema/api-texts.ts";
import { exact } from "../format.ts";
import { Empty, Notice, Skeleton } from "../notice.tsx";
import { behind, setQuery } from "../route.ts";
import { activityOf } from "../session/activity.ts";
import { useVirtual } from "../sessions/virtual.ts";
import { useRetry } from "../use-resource.ts";
import { type Counts, createConversation } from "./conversation.ts";
import { TextLine } from "./text-line.tsx";

const PARTS = {
  "": "All",
  prompt: "Prompts",
  answer: "Answers",
  thinking: "Thinking",
  "tool_input,tool_output": "Tools",
} as const;

/** The conversation, from either end or around a hit, as far as the user scrolls. */
export function TranscriptTab({ session }: { session: SessionDetail }) {
  const { role = "", agent: agentName = "", at = "" } = behind.value.query;
  const counts = useSignal<Transcript["counts"]>(null);
  return (
    <section class="transcript" aria-label="Transcript">
      <div class="chips" role="group" aria-label="What is shown">
        {Object.entries(PARTS).map(([name, label]) => (
          <button
            key={name}
            type="button"
            class="quiet"
            aria-pressed={role === name}
            onClick={() => setQuery({ role: name, at: "" })}
          >
            {label}
            {counts.value && ` ${exact(countOf(counts.value, name))}`}
          </button>
        ))}
      </div>
      <List
        key={`${role} ${agentName} ${at}`}
        session={session}
        role={role}
        agent={agentName}
        at={at}
        counts={counts}
      />
    </section>
  );
}

/** Of the roles that a chip is of; the first is of all. */
const countOf = (counts: NonNullable<Transcript["counts"]>, roles: string) =>
  Object.entries(counts).reduce(
    (sum, [role, texts]) => (roles === "" || roles.split(",").includes(role) ? sum + texts : sum),
    0,
  );

type Talk = ReturnType<typeof createConversation>;
type Virtualizer = ReturnType<typeof useVirtual>["virtualizer"];

/** Scrolls once, when the first texts are there: to the text of the address, else to the end of a live session. */
function useFirstPlace(
  items: Talk["state"]["value"]["items"],
  virtualizer: Virtualizer,
  { at, isLive }: { at: string; isLive: boolean },
): { current: boolean } {
  const isPlaced = useRef(false);
  useLayoutEffect(() => {
    if (!items || items.length === 0 || isPlaced.current) return;
    isPlaced.current = true;
    const line = items.findIndex((item) => item.id === at);
    if (line >= 0) virtualizer.scrollToIndex(line, { align: "center" });
    else if (isLive) virtualizer.scrollToIndex(items.length - 1, { align: "end" });
  });
  return isPlaced;
}

/** Loads further pages as either end comes near, and follows what is added. */
function usePages(talk: Talk, seen: { index: number }[], isPlaced: { current: boolean }): void {
  const { items, before, after, fault } = talk.state.value;
  const [first, last] = [seen[0]?.index ?? 0, seen.at(-1)?.index ?? 0];
  const count = items?.length ?? 0;
  useEffect(() => {
    if (!isPlaced.current) return;
    if (first < 10 && before !== null) void talk.load("before");
    if (last > count - 10 && after !== null) void talk.load("after");
  }, [first, last, count, before, after]);
  useEffect(() => talk.follow(), []);
  useRetry(fault, () => talk.load(items === null ? "first" : after === null ? "before" : "after"));
}

function NoTexts({ isComplete }: { isComplete: boolean }) {
  return (
    <Empty title="No text of this session is stored">
      <p>
        {isComplete
          ? "This session has no text of this kind, or HALL_CAPTURE is metadata."
          : "The text of this session has not been read yet."}
      </p>
    </Empty>
  );
}

function useOpenTexts(): [ReadonlySet<string>, (id: string) => void] {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) =>
    setOpen((known) => new Set(known.has(id) ? [...known].filter((one) => one !== id) : [...known, id]));
  return [open, toggle];
}

type Shown = { session: SessionDetail; role: string; agent: string; at: string; counts: Counts };

function useTalk({ session, role, agent, at, counts }: Shown, isLive: boolean): Talk {
  return useMemo(
    () =>
      createConversation(
        session.session_key,
        {
          from: isLive ? "end" : "start",
          ...(role && { role }),
          ...(agent && { agent_id: agent === "main" ? "" : agent }),
          ...(/^\d+$/.test(at) && { around: at }),
        },
        counts,
      ),
    [],
  );
}

function List(props: Shown) {
  const { session, at } = props;
  const isLive = ["working", "waiting"].includes(activityOf(session).state);
  const talk = useTalk(props, isLive);
  const [open, toggle] = useOpenTexts();
  const { items, fault, is_complete } = talk.state.value;
  const { box, virtualizer } = useVirtual({
    count: items?.length ?? 0,
    estimateSize: () => 90,
    getItemKey: (i) => items?.[i]?.id ?? i,
    // What comes in above must not push away what is being read.
    anchorTo: "end",
  });
  const seen = virtualizer.getVirtualItems();
  usePages(talk, seen, useFirstPlace(items, virtualizer, { at, isLive }));
  if (fault) return <Notice fault={fault} />;
  if (!items) return <Skeleton lines={10} />;
  if (items.length === 0) return <NoTexts isComplete={is_complete} />;
  return (
    <>
      {!is_complete && <p class="muted">The text of this session is still being read.</p>}
      <div class="virtual timeline-list" ref={box} tabIndex={0} role="region" aria-label="Conversation">
        <ol style={{ height: `${virtualizer.getTotalSize()}px` }}>
          {seen.map((row) => {
            const item = items[row.index];
            if (!item) return null;
            return (
              <TextLine
                key={row.key}
                place={{ top: row.start, index: row.index, measure: virtualizer.measureElement }}
                item={item}
                session={session}
                isAt={item.id === at}
                isOpen={open.has(item.id) || item.id === at}
                onToggle={toggle}
              />
            );
          })}
        </ol>
      </div>
    </>
  );
}
