import type { ComponentChildren } from "preact";

/** A table that may be wider or longer than its place. */
export function TableBox({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
    <section class="table-box" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

/** The row of heads above a table's body. */
export function Heads({ of }: { of: readonly string[] }) {
  return (
    <thead>
      <tr>
        {of.map((head) => (
          <th key={head} scope="col">
            {head}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** A table of figures, a row for each `children`. */
export function FiguresTable(props: {
  label: string;
  heads: readonly string[];
  children: ComponentChildren;
}) {
  return (
    <TableBox label={props.label}>
      <table class="figures-table">
        <Heads of={props.heads} />
        <tbody>{props.children}</tbody>
      </table>
    </TableBox>
  );
}
