/**
 * Ends daemons that a test leaves behind because it failed, hung or was killed. Our own process cannot do that:
 * `bun test` emits no "exit", and what is killed runs nothing. So a shell of its own process group does it, once its
 * standard input ends with us, and after each file on request.
 */
const SHELL = `
trap '' HUP INT TERM
end() {
  for data; do
    pid=$(sed -n 's/.*"pid": *\\([0-9][0-9]*\\).*/\\1/p' "$data/daemon.json" 2>/dev/null) || continue
    case $(tr '\\0' ' ' <"/proc/\${pid:-0}/cmdline" || ps -o command= -p "\${pid:-0}") in
      *cli/main.*start*) kill -9 "$pid" ;;
    esac
  done
}
while IFS= read -r line; do
  case $line in
    /*) set -- "$@" "$line" ;;
    *) end "$@" 2>/dev/null; set --; echo ended ;;
  esac
done
end "$@" 2>/dev/null
# One that was only just started has no file yet.
sleep 5
end "$@" 2>/dev/null
`;

const shell = Bun.spawn(["/bin/sh", "-c", SHELL], {
  cwd: "/",
  stdio: ["pipe", "pipe", "ignore"],
  detached: true,
});
shell.unref();
const answers = shell.stdout.getReader();

function send(line: string): void {
  shell.stdin.write(`${line}\n`);
  void shell.stdin.flush();
}

/** A data directory of a test, which a daemon may be started on. */
export function mayHaveDaemon(data: string): void {
  if (!data.includes("\n")) send(data);
}

/**
 * After a file, by what is put behind it: kills the daemons that still run on the data directories of its tests.
 * @public
 */
export async function endLeftovers(): Promise<void> {
  send("end");
  await answers.read();
}
