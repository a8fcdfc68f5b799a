/** Hooks of another program, which must not be changed. */
const HOOKS_OF_OTHERS = {
  PreToolUse: [
    {
      matcher: "Bash",
      hooks: [{ type: "command", command: "echo '{\"a\": [1, 2]}' >> ~/log", timeout: 10 }],
    },
    { matcher: "", hooks: [{ type: "command", command: "sh", args: ["-c", "true", "other-monitor"] }] },
  ],
  Stop: [{ hooks: [{ type: "command", command: "echo done" }] }],
  WorktreeCreate: [{ hooks: [{ type: "command", command: "git worktree add" }] }],
};

export type Fixture = { name: string; bytes: string | Uint8Array };

const pretty = (value: unknown, indent: string | number = 2) => JSON.stringify(value, null, indent);
const others = { hooks: HOOKS_OF_OTHERS };
const plain = { model: "opus", permissions: { allow: ["Bash(ls:*)"], deny: [] }, env: { A: "1" } };
const all = { ...plain, ...others, enabledPlugins: { "x@y": true } };

/** Settings that can be edited; each must come back byte by byte. */
export const EDITABLE: Fixture[] = [
  { name: "an empty file", bytes: "" },
  { name: "white space only", bytes: " \n\t\n" },
  { name: "an empty object", bytes: "{}" },
  { name: "an empty object with a newline", bytes: "{}\n" },
  { name: "an empty object over two lines", bytes: "{\n}\n" },
  { name: "an empty object with CRLF", bytes: "{\r\n}\r\n" },
  { name: "no hooks key", bytes: `${pretty(plain)}\n` },
  { name: "no newline at the end", bytes: pretty(plain) },
  { name: "tabs", bytes: `${pretty(all, "\t")}\n` },
  { name: "four spaces", bytes: `${pretty(all, 4)}\n` },
  { name: "CRLF", bytes: `${pretty(all)}\n`.replaceAll("\n", "\r\n") },
  { name: "mixed line ends", bytes: `${pretty(all)}\n`.replace("\n", "\r\n") },
  { name: "a byte order mark", bytes: `\ufeff${pretty(all)}\n` },
  { name: "a byte order mark and nothing else", bytes: "\ufeff" },
  { name: "one line", bytes: JSON.stringify(all) },
  { name: "one line with spaces", bytes: '{ "hooks": { "Stop": [ ] } , "model" : "opus" }' },
  { name: "other hooks", bytes: pretty(others) },
  { name: "empty hooks", bytes: pretty({ hooks: {}, model: "x" }) },
  { name: "empty hooks over two lines", bytes: '{\n  "hooks": {\n  }\n}\n' },
  { name: "an event with an empty list", bytes: pretty({ hooks: { Stop: [], PreToolUse: [] } }) },
  {
    name: "an event that we do not register",
    bytes: pretty({ hooks: { MessageDisplay: HOOKS_OF_OTHERS.Stop } }),
  },
  {
    name: "every event taken already",
    bytes: pretty({ hooks: { ...HOOKS_OF_OTHERS, SessionStart: HOOKS_OF_OTHERS.Stop } }),
  },
  {
    name: "hooks last, after nested hooks keys",
    bytes: pretty({ a: { hooks: { Stop: 1 } }, b: ["hooks"], ...others }),
  },
  { name: "the key hooks twice", bytes: '{"hooks": {"Stop": []}, "model": "x", "hooks": {"Stop": [ ]}}' },
  { name: "an escaped key", bytes: '{\n  "\\u0068ooks": {\n    "St\\u006fp": []\n  }\n}' },
  { name: "brackets and quotes inside strings", bytes: pretty({ a: '}]{["\\"', b: "\\\\", ...others }) },
  { name: "text beyond ASCII", bytes: pretty({ note: "日本 🦊 \u2028 é", ...others }) },
  { name: "odd numbers", bytes: '{"a": 1.0, "b": 1E+2, "c": 12345678901234567890, "d": -0, "hooks": {}}' },
  {
    name: "much white space",
    bytes: '\n\n  {\n\n\n    "model" :\n "x"\n\n ,\n\n "hooks"\n:\n{\n\n}\n\n}\n\n\n',
  },
  {
    name: "5 MB",
    bytes: pretty({ ...all, big: Array.from({ length: 50_000 }, (_, i) => `value ${i} ${"x".repeat(80)}`) }),
  },
];

/** What may mean something to its owner, but not to a JSON reader: left alone. */
export const REFUSED: Fixture[] = [
  { name: "a cut-off object", bytes: '{"model": "opus", "hooks": {' },
  { name: "a line comment", bytes: '{\n  // mine\n  "model": "opus"\n}\n' },
  { name: "a block comment", bytes: '{ /* mine */ "model": "opus" }' },
  { name: "a trailing comma", bytes: '{"model": "opus",}' },
  { name: "single quotes", bytes: "{'model': 'opus'}" },
  { name: "a list", bytes: "[]" },
  { name: "null", bytes: "null" },
  { name: "hooks as a list", bytes: '{"hooks": []}' },
  { name: "an event as an object", bytes: '{"hooks": {"Stop": {}}}' },
  {
    name: "bytes that are not UTF-8",
    bytes: new Uint8Array([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
  },
  { name: "UTF-16", bytes: new Uint8Array(Buffer.from("\ufeff{}", "utf16le")) },
];
