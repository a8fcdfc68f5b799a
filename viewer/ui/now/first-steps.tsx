import { FIRST_STEPS } from "../../../schema/vendor-texts.ts";
import { Prose } from "../notice.tsx";
import { linkTo } from "../shell/rail.tsx";

/** What a new user sees: nothing has to be configured, and this is how data comes. */
export function FirstSteps() {
  return (
    <section class="card first-steps">
      <h1>No data yet</h1>
      <p>Past sessions appear automatically. For live data:</p>
      <ol>
        {FIRST_STEPS.map(({ title, text }) => (
          <li key={title}>
            <b>{title}</b>
            <span>
              <Prose text={text} />
            </span>
          </li>
        ))}
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
