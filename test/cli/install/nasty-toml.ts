/** Files of `config.toml` that an editor by lines or by patterns would damage. */
export const NASTY: [name: string, text: string][] = [
  ["an empty file", ""],
  ["no line break at the end", 'model = "gpt-5.5"'],
  [
    "nested tables and an array of tables",
    'model = "x"\n\n[otel]\nenvironment = "staging" # mine\n\n[otel.exporter.otlp-http]\nendpoint = "https://collector.example/v1/logs"\n\n[otel.exporter.otlp-http.headers]\n"x-key" = "abc"\n\n[[otel.rules]]\nname = "a"\n\n# about the profile\n[profiles.work]\nmodel = "y"\n',
  ],
  [
    "dotted keys at the root",
    'otel.environment = "dev"\notel.log_user_prompt = true\nmodel = "x"\n[tui]\ntheme = "dark"\n',
  ],
  ["an inline table", 'otel = { environment = "dev", exporter = "none" }\nmodel = "x"\n'],
  [
    "strings that hold a header",
    'notes = """\n[otel]\nexporter = "none"\n"""\nraw = \'\'\'\n# >>> [otel]\n\'\'\'\n[mcp_servers.a]\ncommand = "x"\nargs = [\n  "[otel]", # ]\n  "b",\n]\n',
  ],
  ["CRLF line breaks", 'model = "x"\r\n[otel]\r\nenvironment = "dev"\r\n\r\n[tui]\r\ntheme = "dark"\r\n'],
  ["a byte order mark before a key of otel", '\ufeffotel.environment = "dev"\nmodel = "x"\n'],
  [
    "quoted and spaced headers",
    '[ "otel" ]   # mine\n  environment = \'dev\'\n[ otel . "trace" ]\na = 1\n["otel-like"]\nb = 2\n[a.otel]\nc = 3\n',
  ],
  [
    "quotes before the closing ones, escapes, dates",
    'a = """x\\"""y""""\nb = \'\'\'z\'\'\'\'\nd = 1979-05-27T07:32:00Z\n[otel]\nt = """\n[tui]\n"""\n[tui]\nx = "\\\\"\n',
  ],
  ["an [otel] at the very end without a break", 'model = "x"\n[otel]\nenvironment = "dev"'],
];
