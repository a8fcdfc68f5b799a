import { useSignal } from "@preact/signals";
import type { SettingFault } from "../../../schema/api-health.ts";
import { Heads } from "../chart/table-box.tsx";
import { Notice, Skeleton } from "../notice.tsx";
import { useResource } from "../use-resource.ts";
import { Bad, Part } from "./parts.tsx";

const ORIGIN = { environment: "environment", "config.json": "config.json", default: "default" } as const;

const textOf = ({ where, detail, hint }: SettingFault) =>
  [detail.startsWith(where) ? detail : `${where}: ${detail}`, hint].filter(Boolean).join(" · ");

/** Each setting in effect, with its origin. */
export function SettingsPart() {
  const showsAll = useSignal(false);
  const { data, fault } = useResource("GET /api/health/settings", {});
  const chosen = data?.settings.filter((s) => showsAll.value || s.origin !== "default") ?? [];
  return (
    <Part title="Settings" note={data && <bdi>{data.config_path}</bdi>} isWide>
      {fault && <Notice fault={fault} />}
      {!data && !fault && <Skeleton lines={4} />}
      {data?.faults.map((of) => (
        <Bad key={of.where + of.detail}>
          <bdi>{textOf(of)}</bdi>
        </Bad>
      ))}
      {data?.warnings.map((of) => (
        <p key={of.where + of.detail} class="warn">
          ! <bdi>{textOf(of)}</bdi>
        </p>
      ))}
      {data && chosen.length === 0 && <p class="muted">All settings have their default values.</p>}
      {chosen.length > 0 && (
        <table class="health-table settings">
          <Heads of={["Setting", "Value", "From", "Description"]} />
          <tbody>
            {chosen.map((s) => (
              <tr key={s.name}>
                <th scope="row" class="mono">
                  {s.name}
                </th>
                <td>
                  <bdi class="mono">{`${s.value ?? "off"}`}</bdi>
                </td>
                <td class={s.origin === "default" ? "faint" : ""}>{ORIGIN[s.origin]}</td>
                <td class="muted">{s.what}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {data && (
        <button
          type="button"
          class="link"
          aria-expanded={showsAll.value}
          onClick={() => {
            showsAll.value = !showsAll.value;
          }}
        >
          {showsAll.value ? "Changed only" : `All ${data.settings.length} settings with their defaults`}
        </button>
      )}
      {data && data.config.length > 0 && (
        <>
          <h3>config.json</h3>
          <dl class="pairs">
            {data.config.map((leaf) => (
              <div key={leaf.key}>
                <dt class="mono">
                  <bdi>{leaf.key}</bdi>
                </dt>
                <dd>
                  <bdi class="mono">{leaf.value}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </Part>
  );
}
