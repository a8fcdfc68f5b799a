import { useState } from "preact/hooks";
import type { Session } from "../../../schema/api-shapes.ts";
import { vendorNamed } from "../../../schema/vendors.ts";

const quoted = (text: string) => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The command that resumes a session in a terminal; clients find it only from its own folder. */
export function resumeCommand({
  source,
  session_id,
  project_path,
}: Pick<Session, "source" | "session_id" | "project_path">): string {
  const id = quoted(session_id);
  const command = `${vendorNamed(source)?.resume_command ?? source} ${id}`;
  return project_path ? `cd ${quoted(project_path)} && ${command}` : command;
}

/** The command that prints a session's conversation. */
export const exportCommand = ({ session_id }: Pick<Session, "session_id">) =>
  `hall-monitor session ${quoted(session_id)} --transcript`;

/** Copies a text, and confirms it in place. */
export function Copy({ text, label, name }: { text: string; label: string; name?: string }) {
  const [done, setDone] = useState<"" | "Copied" | "Not copied">("");
  const copy = async () => {
    const isDone = await navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    );
    setDone(isDone ? "Copied" : "Not copied");
    setTimeout(() => setDone(""), 2000);
  };
  return (
    <button
      type="button"
      class="quiet copy"
      aria-label={name}
      data-tip={text.slice(0, 300)}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{done || label}</span>
    </button>
  );
}
