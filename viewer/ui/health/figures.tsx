import { type Uncertain, uncertainNotes } from "../../../schema/uncertain.ts";
import { Prose } from "../notice.tsx";
import { Good, Part } from "./parts.tsx";

/** Requests with figures that are not all as the vendor reports them. */
export function FiguresPart({ of }: { of: Uncertain }) {
  const notes = uncertainNotes(of);
  return (
    <Part title="Figures">
      {notes.length === 0 && <Good>All are final, plausible and have a vendor id</Good>}
      {notes.map((note) => (
        <p key={note} class="warn">
          ! {note}
        </p>
      ))}
      {notes.length > 0 && (
        <p class="muted">
          <Prose text="A request that is still being answered is final with its next line. `hall-monitor why REQUEST` shows the flags of one." />
        </p>
      )}
    </Part>
  );
}
