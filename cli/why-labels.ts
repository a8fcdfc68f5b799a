import { cell, toCount, toExactDollars } from "./format.ts";
import { toPlain } from "./print.ts";
import type { Column } from "./table.ts";

export const left = (title: string, cells: string[]): Column => ({ title, align: "left", cells });
export const right = (title: string, cells: string[]): Column => ({ title, align: "right", cells });
export const fact = (name: string, value: string | null) =>
  value ? [`${cell(name, 10)}${toPlain(value)}`] : [];
export const nano = (amount: number | null) => (amount === null ? "—" : toCount(amount));
export const dollars = (amount: number | null) =>
  amount === null ? "no price known" : toExactDollars(amount);
