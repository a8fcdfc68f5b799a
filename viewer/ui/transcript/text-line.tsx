import { useState } from "preact/hooks";
import type { SessionDetail } from "../../../schema/api-shapes.ts";
import type { TranscriptItem } from "../../../schema/api-texts.ts";
import { pagePath } from "../../../schema/pages.ts";
import { clientNote } from "../../../schema/prompts.ts";
import type { TextRole } from "../../../schema/texts.ts";
import { clock, exact } from "../format.ts";
import { agentName } from "../session/agent-name.ts";
import { plain } from "../session-title.ts";
import { Copy } from "../sessions/resume.tsx";
import { zone } from "../status.ts";
import { argumentOf } from "./tool-input.ts";

/** A longer text of these roles is folded at first. */
const FOLDED_CHARS = 400;
const ROLES: Record<TextRole, { glyph: string; word: string }> = {
  prompt: { glyph: "❯", word: "Prompt" },
  answer: { glyph: "●", word: "Answer" },
  thinking: { glyph: "✻", word: "Thinking" },
  tool_input: { glyph: "→", word: "Tool call" },
  tool_output: { glyph: "←", word: "Tool result" },
  context: { glyph: "·", word: "Context" },
};
/** Text of the client itself, in the place of a prompt. */
const NOTE = { glyph: "·", word: "System note" };
const FOLDS: TextRole[] = ["thinking", "tool_input", "tool_output", "context"];

export function TextLine(props: {
  place: { top: number; index: number; measure(element: HTMLElement | null): void };
  item: TranscriptItem;
  session: SessionDetail;
  isAt: boolean;
  isOpen: boolean;
  onToggle(id: string): void;
}) {
  const { place, item, session, isAt, isOpen, onToggle } = props;
  const isNote = item.role === "prompt" && clientNote(item.text) !== undefined;
  const { glyph, word } = isNote ? NOTE : ROLES[item.role];
  const [isRaw, showRaw] = useState(false);
  const argument = item.role === "tool_input" ? argumentOf(item.text) : undefined;
  const text = item.role === "prompt" ? plain(item.text) : isRaw ? item.text : (argument?.text ?? item.text);
  const isLong = FOLDS.includes(item.role) && text.length > FOLDED_CHARS;
  const isFolded = (item.role === "thinking" || isLong) && !isOpen;
  const shown = isFolded ? text.slice(0, item.role === "thinking" ? 120 : FOLDED_CHARS) : text;
  const agent = session.agent_list.find((a) => a.agent_id === item.agent_id);
  const link = pagePath("session", { key: session.session_key }, { tab: "transcript", at: item.id });
  return (
    <li
      class={`text-line role-${isNote ? "context" : item.role} ${item.is_error ? "is-failed" : ""} ${isAt ? "is-at" : ""}`}
      data-index={place.index}
      ref={place.measure}
      style={{ transform: `translateY(${place.top}px)` }}
      aria-current={isAt ? "location" : undefined}
    >
      <p class="text-head">
        <b>
          <span aria-hidden="true">{item.is_error ? "✕" : glyph}</span>{" "}
          {item.is_error ? `${word}, failed` : word}
        </b>
        {item.tool_name && <bdi dir="auto">{item.tool_name}</bdi>}
        {agent && (
          <bdi class="item-agent" dir="auto">
            {agentName(agent)}
          </bdi>
        )}
        <a
          href={link}
          class="muted"
          data-row
          aria-label={`${word} of ${clock(item.time_unix_ms, zone.value)}`}
        >
          <time>{clock(item.time_unix_ms, zone.value)}</time>
        </a>
        <Copy text={item.text} label="Copy" />
      </p>
      <bdi dir="auto" class="text-body">
        {shown}
        {isFolded && shown.length < text.length && "…"}
      </bdi>
      {item.whole_chars !== null && (
        <p class="warn cut-mark">
          ✂ cut: {exact(item.text.length)} of {exact(item.whole_chars)} characters
        </p>
      )}
      {(isLong || item.role === "thinking") && text.length > shown.length - 1 && (
        <button type="button" class="link" aria-expanded={!isFolded} onClick={() => onToggle(item.id)}>
          {isFolded ? `Show all ${exact(text.length)} characters` : "Fold"}
        </button>
      )}
      {argument?.is_whole === false && (
        <button type="button" class="link raw-input" aria-pressed={isRaw} onClick={() => showRaw(!isRaw)}>
          Whole input
        </button>
      )}
    </li>
  );
}
