import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const CSS = readFileSync(join(import.meta.dir, "../../viewer/ui/styles/base.css"), "utf8");
/** Of what is no text: edges of controls, rings, bars, marks. */
const SHAPES = [
  "edge",
  "accent",
  "waiting-line",
  "green",
  "blue",
  "red",
  "gray",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "h7",
  "h8",
  "h9",
];
const TEXTS = ["text", "soft", "faint", "accent-text", "waiting", "working", "failed", "info"];
const GROUNDS = ["bg", "raised", "wash"];

function coloursOf(block: string): Map<string, string> {
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map(([, name, hex]) => [name!, hex!]));
}
const [light = "", dark = ""] = CSS.split("@media (prefers-color-scheme: dark)");
const THEMES = {
  light: coloursOf(light),
  dark: new Map([...coloursOf(light), ...coloursOf(dark.slice(0, dark.indexOf("}")))]),
};

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

test("F045.A20 text has a contrast of 4.5 and every edge, bar and mark one of 3 in both themes", () => {
  const below = Object.entries(THEMES).flatMap(([theme, colours]) =>
    GROUNDS.flatMap((ground) =>
      [...SHAPES.map((name) => [name, 3] as const), ...TEXTS.map((name) => [name, 4.5] as const)]
        .filter(([name, least]) => contrast(colours.get(name)!, colours.get(ground)!) < least)
        .map(([name]) => `${theme}: ${name} on ${ground}`),
    ),
  );
  expect(below).toEqual([]);
});
