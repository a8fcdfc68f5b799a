/** `name{labels}` → value, in the order of the text; a line that is not of the format throws. */
export function parseExposition(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || /^# (HELP|TYPE) [a-zA-Z_:][\w:]* ./.test(line)) continue;
    const match =
      /^([a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\[\\"n])*",?)*\})?) (-?[\d.e+-]+|[+-]Inf|NaN)$/.exec(
        line,
      );
    if (!match) throw new Error(`not of the text format: ${line}`);
    if (series.has(match[1]!)) throw new Error(`twice: ${line}`);
    series.set(match[1]!, Number(match[2]!.replace("Inf", "Infinity")));
  }
  return series;
}

const found = Bun.which("promtool");
/** Title of a test that needs Prometheus' own programs; they come with Debian's package `prometheus`. */
export const NO_PROMTOOL = found ? undefined : "promtool is not installed (apt-get install prometheus)";

export async function promtool(args: string[], stdin = ""): Promise<{ code: number; printed: string }> {
  const child = Bun.spawn([found ?? "promtool", ...args], {
    stdin: new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, printed: out + err };
}
