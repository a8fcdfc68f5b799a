import { type HelpGroup, type Listed, type NamedCommand, usageLine } from "./command.ts";
import { columns, reflow, wrap } from "./wrap.ts";

const GROUPS: readonly HelpGroup[] = ["Running", "Reading", "Installing"];
const USAGE = "Usage: ";

export function overview(commands: readonly Listed[], width: number): string {
  const names = Math.max(...commands.map((c) => c.name.length));
  const groups = GROUPS.flatMap((group) => [
    "",
    group,
    ...columns(
      commands.filter((c) => c.group === group).map((c) => [c.name.padEnd(names), c.summary] as const),
      width,
    ),
  ]);
  return [
    "hall-monitor: the flight recorder for coding agents",
    "",
    `${USAGE}hall-monitor <command> [options]`,
    ...groups,
    "",
    ...wrap("`hall-monitor <command> --help` shows more; `--version` prints the version.", width),
  ].join("\n");
}

export function commandHelp(command: NamedCommand, width = Number.POSITIVE_INFINITY): string {
  const options = Object.entries(command.options).map(
    ([name, o]) =>
      [`${o.short ? `-${o.short}, ` : ""}--${name}${o.value ? ` ${o.value}` : ""}`, o.what] as const,
  );
  const lines = [
    ...wrap(command.summary, width),
    "",
    ...wrap(USAGE + usageLine(command), width, " ".repeat(USAGE.length)),
    "",
    "Options",
    ...columns([...options, ["--help", "print this help"]], width),
  ];
  if (command.more) lines.push("", ...reflow(command.more, width));
  return lines.join("\n");
}
