/** Markup that the client writes as the user around a command: its name, its output, a caveat. */
const MARKUP =
  /^\s*<(?:command-(?:name|message|args|contents)|local-command-(?:stdout|stderr|caveat)|bash-(?:input|stdout|stderr)|task-notification|system-reminder)>/;
/** Commands that the client runs itself; a skill's or a file's command is sent to the model. */
export const LOCAL_COMMANDS = `
  add-dir agents bashes bug clear compact config context copy cost doctor effort exit export fast feedback help
  hooks ide login logout mcp memory model new output-style permissions plugin privacy-settings quit release-notes
  rename reset resume rewind sandbox stats status statusline tasks terminal-setup theme todos upgrade usage vim`
  .trim()
  .split(/\s+/);
const LOCAL = new RegExp(`^\\s*/(?:${LOCAL_COMMANDS.join("|")})(?:\\s|$)`);

/** Whether a text is not a person's prompt but a command that the client ran: neither a turn nor a title. */
export function isCommandText(text: string): boolean {
  return MARKUP.test(text) || LOCAL.test(text);
}

const NAME = /<command-name>\s*([^<]*?)\s*<\/command-name>/;
const ARGUMENTS = /<command-args>([\s\S]*?)<\/command-args>/;

/** A command as a person typed it, `/tidy the shelves`, where the client has wrapped it; undefined for any other text. */
export function commandOf(text: string): string | undefined {
  if (!COMMAND.test(text)) return undefined;
  const name = NAME.exec(text)?.[1];
  if (!name) return undefined;
  return `${name.startsWith("/") ? "" : "/"}${name} ${ARGUMENTS.exec(text)?.[1]?.trim() ?? ""}`.trim();
}

const SUMMARY = /<summary>([\s\S]*?)<\/summary>/;
const TAG = /<\/?[a-z][a-z-]*>/g;
/** A command that a person typed is theirs; what the client reports itself is not. */
const COMMAND = /^\s*<command-(?:name|message|args|contents)>/;

/**
 * A report of the client written as the user, without its markup: `Agent "Count" finished`; undefined for any other
 * text.
 */
export function clientNote(text: string): string | undefined {
  if (!MARKUP.test(text) || COMMAND.test(text)) return undefined;
  return (SUMMARY.exec(text)?.[1] ?? text).replace(TAG, " ").replace(/\s+/g, " ").trim();
}
