export type Column = {
  title: string;
  align: "left" | "right";
  cells: string[];
  /** May be truncated to this many columns in a narrow terminal. */
  shrink_to?: number;
  /** May be omitted in a narrow terminal; the highest first. */
  drop?: number;
};

const GAP = 2;

/** Lines of a table that is no wider than `width`; a row of sums is separated by a rule. */
export function table(columns: Column[], options: { width: number; has_total?: boolean }): string[] {
  const kept = fit(columns, options.width);
  const widths = kept.map(({ column, width }) => Math.min(width, widest(column)));
  const row = (cells: string[]) =>
    cells
      .map((cell, i) => pad(cut(cell, widths[i]!), widths[i]!, kept[i]!.column.align))
      .join(" ".repeat(GAP))
      .trimEnd();
  const count = kept[0]?.column.cells.length ?? 0;
  const rule = "─".repeat(widths.reduce((sum, w) => sum + w, GAP * (widths.length - 1)));
  const lines = [row(kept.map(({ column }) => column.title)), rule];
  for (let i = 0; i < count; i++) {
    if (options.has_total && i === count - 1) lines.push(rule);
    lines.push(row(kept.map(({ column }) => column.cells[i] ?? "")));
  }
  return lines;
}

function widest(column: Column): number {
  let width = Bun.stringWidth(column.title);
  for (const cell of column.cells) width = Math.max(width, Bun.stringWidth(cell));
  return width;
}

/** Truncates texts first and then omits columns, so that the most important ones are kept. */
function fit(columns: Column[], width: number): { column: Column; width: number }[] {
  const kept = columns.map((column) => ({ column, width: widest(column) }));
  const excess = () => kept.reduce((sum, k) => sum + k.width, GAP * (kept.length - 1)) - width;
  for (;;) {
    for (const k of kept) {
      const least = Math.min(
        k.width,
        Math.max(k.column.shrink_to ?? k.width, Bun.stringWidth(k.column.title)),
      );
      if (excess() > 0) k.width = Math.max(least, k.width - excess());
    }
    if (excess() <= 0) return kept;
    const last = kept.reduce((a, b) => ((b.column.drop ?? 0) > (a.column.drop ?? 0) ? b : a));
    if (!last.column.drop) return kept;
    kept.splice(kept.indexOf(last), 1);
    for (const k of kept) k.width = widest(k.column);
  }
}

function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (Bun.stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

function pad(text: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
  return align === "left" ? text + space : space + text;
}
