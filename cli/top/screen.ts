import { write } from "../print.ts";

const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const TO_LINE_END = "\u001b[K";
const FALLBACK = { columns: 80, rows: 24 };

export type Key = "quit" | "up" | "down" | "idle" | "pause";
const KEYS: Record<string, Key> = {
  q: "quit",
  "\u0003": "quit",
  "\u001b": "quit",
  "\u001b[A": "up",
  k: "up",
  "\u001b[B": "down",
  j: "down",
  i: "idle",
  " ": "pause",
};

/** The full-screen terminal, restored however the program ends. */
export function openScreen(on: { key(key: Key): void; resize(): void }) {
  const { stdin, stdout } = process;
  const onData = (bytes: Buffer) => {
    const key = KEYS[bytes.toString("latin1")];
    if (key) on.key(key);
  };
  const leave = () => {
    if (stdin.isTTY) stdin.setRawMode(false);
    write(LEAVE);
  };
  write(ENTER);
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on("data", onData);
  stdin.resume();
  stdout.on("resize", on.resize);
  process.on("exit", leave);
  return {
    size: () => ({
      width: stdout.columns || FALLBACK.columns,
      height: stdout.rows || FALLBACK.rows,
    }),
    draw: (lines: string[]) => write(`${HOME}${lines.map((line) => line + TO_LINE_END).join("\r\n")}`),
    close(): void {
      process.off("exit", leave);
      stdin.off("data", onData);
      stdin.pause();
      stdout.off("resize", on.resize);
      leave();
    },
  };
}
