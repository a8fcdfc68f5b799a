import { type HelpGroup, type Listed, type NamedCommand, usageLine } from "./command.ts";

const GROUPS: readonly HelpGroup[] = ["Running", "Reading", "Installing"];

function rows(pairs: [string, string][]): string[] {
  const width = Math.max(...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

export function overview(commands: readonly Listed[]): string {
  const lines = [
    "hall-monitor: the flight recorder for coding agents",
    "",
    "Usage: hall-monitor <command> [options]",
  ];
  const width = Math.max(...commands.map((c) => c.name.length));
  for (const group of GROUPS) {
    lines.push("", group);
    for (const c of commands) if (c.group === group) lines.push(`  ${c.name.padEnd(width)}  ${c.summary}`);
  }
  lines.push("", "`hall-monitor <command> --help` shows more; `--version` prints the version.");
  return lines.join("\n");
}

export function commandHelp(command: NamedCommand): string {
  const options: [string, string][] = Object.entries(command.options).map(([name, o]) => [
    `${o.short ? `-${o.short}, ` : ""}--${name}${o.value ? ` ${o.value}` : ""}`,
    o.what,
  ]);
  const lines = [command.summary, "", `Usage: ${usageLine(command)}`, "", "Options"];
  lines.push(...rows([...options, ["--help", "print this help"]]));
  if (command.more) lines.push("", command.more);
  return lines.join("\n");
}
