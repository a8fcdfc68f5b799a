import { pickOf } from "./row-code.ts";
import { ATTRIBUTION_FIELDS, REQUESTS, type RequestRow } from "./tables/requests.ts";

export const attributionOf = pickOf(ATTRIBUTION_FIELDS);

type Field = (typeof ATTRIBUTION_FIELDS)[number];
type FigureField = { [F in Field]: RequestRow[F] extends number | null ? F : never }[Field];
const isFigure = (field: Field): field is FigureField => REQUESTS.columns[field].sql === "integer";
const FIGURES = ATTRIBUTION_FIELDS.filter(isFigure);
const MARKS = ATTRIBUTION_FIELDS.filter((field): field is Exclude<Field, FigureField> => !isFigure(field));

/** A copy may lack what another one has; thinking is reported by the line that ends it. */
export function joinAttribution(merged: RequestRow, old: RequestRow, next: RequestRow): void {
  const other = merged.owner_rank === old.owner_rank ? next : old;
  for (const field of MARKS) merged[field] ??= other[field];
  for (const field of FIGURES)
    if (old[field] !== null || next[field] !== null)
      merged[field] = Math.max(old[field] ?? 0, next[field] ?? 0);
}
