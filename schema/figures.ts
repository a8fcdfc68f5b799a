/**
 * How figures are written. The page, the commands and the status line show the same values, so each of them rounds in
 * one place.
 */
const CENTS_FROM_NANO = 999_950_000;
const LEAST_NANO = 50_000;

/** Whole percents, cut: 99.9 % is not used up, and 0.4 % is not unused. In binary 0.29 × 100 is less than 29. */
export function toPercent(percent: number): string {
  const exact = Math.round(percent * 1e6) / 1e6;
  return `${exact > 0 && exact < 1 ? "< 1" : Math.floor(exact)} %`;
}

/** Cents from what rounds to one dollar up, four decimals below. */
export function toDollars(nanoUsd: number): string {
  const size = Math.abs(nanoUsd);
  if (size > 0 && size < LEAST_NANO) return "< $0.0001";
  return toDigits(nanoUsd, size >= CENTS_FROM_NANO || size === 0 ? 2 : 4);
}

/** Dollars with so many decimals: rounded once, half up, in integers. */
export function toDigits(nanoUsd: number, decimals: number): string {
  const unit = 10 ** (9 - decimals);
  const shifted = Math.abs(nanoUsd) + Math.floor(unit / 2);
  const digits = String((shifted - (shifted % unit)) / unit).padStart(decimals + 1, "0");
  const sign = nanoUsd < 0 ? "-" : "";
  return `${sign}$${grouped(digits.slice(0, -decimals))}.${digits.slice(-decimals)}`;
}

/** As `toLocaleString("en-US")` writes a whole number, which takes longer to load than printing a table. */
export function grouped(digits: string): string {
  let text = digits.slice(0, digits.length % 3);
  for (let at = text.length; at < digits.length; at += 3)
    text += (text === "" ? "" : ",") + digits.slice(at, at + 3);
  return text;
}
