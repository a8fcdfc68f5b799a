import { linkTo } from "../shell/rail.tsx";

/** What a new user sees: nothing has to be configured, and this is how data comes. */
export function FirstSteps() {
  return (
    <section class="card first-steps">
      <h1>No data yet</h1>
      <p>Past sessions appear automatically. For live data:</p>
      <ol>
        <li>
          <b>Claude Code, live</b>
          <span>
            Run <code>hall-monitor install</code> once, then start Claude Code.
          </span>
        </li>
        <li>
          <b>Claude Code, history</b>
          <span>
            Transcripts are read from <code>~/.claude/projects</code>, or from <code>CLAUDE_CONFIG_DIR</code>.
          </span>
        </li>
        <li>
          <b>Codex</b>
          <span>
            Sessions are read from <code>~/.codex</code>; there is nothing to install.
          </span>
        </li>
        <li>
          <b>Nothing appears?</b>
          <span>
            <code>hall-monitor doctor</code> checks every step, and <a href={linkTo("health")}>Health</a>{" "}
            shows which files are watched.
          </span>
        </li>
      </ol>
    </section>
  );
}
