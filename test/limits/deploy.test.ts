import { describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadLimitSources } from "../../collector/limits/sources.ts";
import { METRICS } from "../../schema/metrics.ts";
import { NO_PROMTOOL, promtool } from "./exposition.ts";

const DEPLOY = join(import.meta.dir, "../../deploy");
const read = (path: string) => readFileSync(join(DEPLOY, path), "utf8");
const WITH_PROMTOOL = test.skipIf(NO_PROMTOOL !== undefined);
const because = NO_PROMTOOL ? ` (${NO_PROMTOOL})` : "";

type Rule = { alert?: string; record?: string; expr: string };
const groups = (Bun.YAML.parse(read("prometheus/rules.yml")) as { groups: { rules: Rule[] }[] }).groups;
const rules = groups.flatMap((g) => g.rules);

type Panel = { id: number; title: string; type: string; targets?: { expr: string }[] };
const dashboard = JSON.parse(read("grafana/hall-monitor.json")) as {
  panels: Panel[];
  templating: { list: { name: string; definition?: string }[] };
};
const expressions = dashboard.panels.flatMap((p) => p.targets?.map((t) => t.expr) ?? []);

/** Names of ours in a query, without what a histogram adds to its own. */
function metricsIn(expr: string): string[] {
  const names = expr.replace(/"[^"]*"/g, "").match(/\b(?:hall|cctrack|codex|claude)_\w+/g) ?? [];
  return names.map((n) => n.replace(/_(bucket|sum|count)$/, ""));
}
const unknown = (exprs: string[]) => exprs.flatMap(metricsIn).filter((name) => !(name in METRICS));

describe("Prometheus", () => {
  WITH_PROMTOOL(`C-15 the scrape configuration and the rules are valid${because}`, async () => {
    const config = await promtool(["check", "config", join(DEPLOY, "prometheus/prometheus.yml")]);
    expect([config.code, config.printed]).toEqual([0, expect.stringContaining("SUCCESS")]);
    const checked = await promtool(["check", "rules", join(DEPLOY, "prometheus/rules.yml")]);
    expect([checked.code, checked.printed]).toEqual([
      0,
      expect.stringContaining(`${rules.length} rules found`),
    ]);
  });

  WITH_PROMTOOL(`C-15 every alert fires when its time has come, and clears${because}`, async () => {
    const result = await promtool(["test", "rules", join(DEPLOY, "prometheus/rules.test.yml")]);
    expect([result.code, result.printed]).toEqual([0, expect.stringContaining("SUCCESS")]);
  });

  test("C-15 the four alerts of the ameide monitor are there, and each alert is tested to fire and to clear", () => {
    const names = rules.flatMap((r) => r.alert ?? []);
    expect(names).toEqual(
      expect.arrayContaining([
        "CodexMonitorDown",
        "CodexMonitorStale",
        "CodexRateLimitLow",
        "CodexCreditsLow",
      ]),
    );
    type Case = { alertname: string; exp_alerts: unknown[] };
    const suite = Bun.YAML.parse(read("prometheus/rules.test.yml")) as {
      tests: { alert_rule_test: Case[] }[];
    };
    const cases = suite.tests.flatMap((t) => t.alert_rule_test);
    const tested = (fires: boolean) =>
      new Set(cases.filter((c) => c.exp_alerts.length > 0 === fires).map((c) => c.alertname));
    expect(names.filter((name) => !tested(true).has(name))).toEqual([]);
    expect(names.filter((name) => !tested(false).has(name))).toEqual([]);
  });

  test("F039 the rules ask for nothing that /metrics does not have", () => {
    expect(unknown(["hall_nothing > 1"])).toEqual(["hall_nothing"]);
    expect(unknown(rules.map((r) => r.expr))).toEqual([]);
  });
});

describe("Grafana", () => {
  test("F039 the dashboard has the five dials, ids of its own for each panel, and asks for nothing unknown", () => {
    const ids = dashboard.panels.map((p) => p.id);
    expect(new Set(ids).size).toBe(ids.length);
    const dials = dashboard.panels.filter((p) => p.type === "gauge").map((p) => p.title.split(" ")[0]!);
    expect(dials).toEqual(["C5", "CW", "S", "W", "O"]);
    expect(expressions.length).toBeGreaterThan(20);
    expect(
      unknown([...expressions, ...dashboard.templating.list.flatMap((v) => v.definition ?? [])]),
    ).toEqual([]);
  });

  test("F039 every variable that a query uses is declared", () => {
    const declared = new Set(dashboard.templating.list.map((v) => v.name));
    const used = expressions.flatMap((e) => [...e.matchAll(/\$(?!__)(\w+)/g)].map((m) => m[1]!));
    expect(used.filter((name) => !declared.has(name))).toEqual([]);
  });

  WITH_PROMTOOL(`every query of the dashboard is understood by Prometheus${because}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "hall-deploy-"));
    const asRules = expressions.map((expr, i) => ({
      record: `panel:${i}`,
      expr: expr.replace(/\$__\w+/g, "5m").replace(/\$\w+/g, ".*"),
    }));
    const file = join(folder, "rules.yml");
    writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules: asRules }] }));
    const { code, printed } = await promtool(["check", "rules", file]);
    rmSync(folder, { recursive: true, force: true });
    expect([code, printed]).toEqual([0, expect.stringContaining(`${expressions.length} rules found`)]);
  });
});

describe("Kubernetes", () => {
  type Manifest = {
    kind: string;
    metadata: { name: string; labels?: object };
    spec: Spec;
    data?: Record<string, string>;
  };
  type Mount = { name: string; mountPath: string; subPath?: string; readOnly?: boolean };
  type Container = {
    name: string;
    image: string;
    args?: string[];
    ports?: { name: string; containerPort: number }[];
    volumeMounts: Mount[];
  };
  type Spec = {
    selector: { matchLabels?: object };
    ports: { name: string; targetPort: string }[];
    endpoints: { port: string; path: string }[];
    template: {
      metadata: { labels: object };
      spec: {
        containers: Container[];
        initContainers: Container[];
        volumes: { name: string; persistentVolumeClaim?: { claimName: string } }[];
      };
    };
  };
  const manifest = (name: string) => Bun.YAML.parse(read(`kubernetes/${name}.yaml`)) as Manifest;
  const pod = manifest("deployment").spec.template;

  test("F039 what kustomize applies is there, and nothing else but the secret's example", () => {
    const { resources } = Bun.YAML.parse(read("kubernetes/kustomization.yaml")) as { resources: string[] };
    const files = readdirSync(join(DEPLOY, "kubernetes")).filter((f) => f.endsWith(".yaml"));
    expect([...resources, "kustomization.yaml", "secret.example.yaml"].toSorted()).toEqual(files.toSorted());
  });

  test("C-13 logins are mounted read-only, and so are the agents' own folders", () => {
    const mounts = pod.spec.containers.flatMap((c) => c.volumeMounts);
    const writable = mounts.filter((m) => !m.readOnly).map((m) => m.name);
    expect(new Set(writable)).toEqual(new Set(["data", "accounts", "tmp"]));
    // A file by subPath would stay as it was when the secret is renewed.
    expect(mounts.filter((m) => m.name === "logins").map((m) => [m.mountPath, m.subPath])).toEqual([
      ["/logins", undefined],
    ]);
    const volumes = new Set(pod.spec.volumes.map((v) => v.name));
    expect(mounts.filter((m) => !volumes.has(m.name))).toEqual([]);
  });

  test("L7 a login that is renewed in the secret is the one that the client reads next", () => {
    const folder = mkdtempSync(join(tmpdir(), "hall-deploy-"));
    const script = pod.spec.initContainers[0]!.args![0]!.replaceAll("/accounts", `${folder}/accounts`);
    // As the kubelet mounts a secret: names lead through a folder that is exchanged as a whole.
    const logins = join(folder, "logins");
    for (const version of ["one", "two"]) {
      mkdirSync(join(logins, version, "work"), { recursive: true });
      writeFileSync(join(logins, version, "work/auth.json"), version);
    }
    symlinkSync("one", join(logins, "..data"));
    symlinkSync("..data/work", join(logins, "work"));
    const run = Bun.spawnSync(["sh", "-euc", script.replaceAll('"/logins', `"${logins}`)]);
    expect([run.exitCode, run.stderr.toString()]).toEqual([0, ""]);
    const login = () => readFileSync(join(folder, "accounts/work/auth.json"), "utf8");
    expect(login()).toBe("one");
    symlinkSync("two", join(logins, "next"));
    renameSync(join(logins, "next"), join(logins, "..data"));
    expect(login()).toBe("two");
    rmSync(folder, { recursive: true, force: true });
  });

  test("L7 the data lie on a claim that belongs to the pod's group, and every image has its version", () => {
    const { fsGroup } = (pod.spec as unknown as { securityContext: { fsGroup: number } }).securityContext;
    expect(fsGroup).toBe(1000);
    const data = pod.spec.volumes.find((v) => v.name === "data")!;
    expect(data.persistentVolumeClaim?.claimName).toBe(manifest("data").metadata.name);
    const images = [...pod.spec.containers, ...pod.spec.initContainers].map((c) => c.image);
    const bases = [...read("kubernetes/Containerfile").matchAll(/^FROM (\S+)/gm)].map((m) => m[1]!);
    expect([...images, ...bases].filter((i) => !/:\d+\.\d+\.\d+(-\w+)?$/.test(i))).toEqual([]);
    expect(read("kubernetes/Containerfile")).toMatch(/@openai\/codex@\d+\.\d+\.\d+ /);
  });

  test("L7 the rules for the operator are those for Prometheus", () => {
    expect(manifest("prometheusrule").spec).toEqual({ groups } as unknown as Spec);
  });

  const NO_KUBECTL = Bun.which("kubectl") ? undefined : "kubectl is not installed";
  test.skipIf(NO_KUBECTL !== undefined)(
    `L7 kustomize makes one namespace of it${NO_KUBECTL ? ` (${NO_KUBECTL})` : ""}`,
    () => {
      const built = Bun.spawnSync(["kubectl", "kustomize", join(DEPLOY, "kubernetes")]);
      expect([built.exitCode, built.stderr.toString()]).toEqual([0, ""]);
      const made = built.stdout.toString().split(/^---$/m);
      const all = made.map((text) => Bun.YAML.parse(text) as Manifest & { metadata: { namespace?: string } });
      expect(all.map((m) => m.kind).toSorted()).toEqual([
        "ConfigMap",
        "Deployment",
        "Namespace",
        "PersistentVolumeClaim",
        "PrometheusRule",
        "Service",
        "ServiceMonitor",
      ]);
      expect(all.filter((m) => m.kind !== "Namespace").map((m) => m.metadata.namespace)).toEqual(
        Array.from({ length: 6 }, () => "hall-monitor"),
      );
    },
  );

  test("F039 the Service finds the pod, and the ServiceMonitor the Service, by labels and by the port's name", () => {
    const service = manifest("service");
    const monitor = manifest("servicemonitor");
    expect(pod.metadata.labels).toMatchObject(service.spec.selector);
    expect(pod.metadata.labels).toEqual(manifest("deployment").spec.selector.matchLabels!);
    expect(service.metadata.labels!).toMatchObject(monitor.spec.selector.matchLabels!);
    const ports = pod.spec.containers.flatMap((c) => c.ports?.map((p) => p.name) ?? []);
    expect(ports).toEqual(service.spec.ports.map((p) => p.targetPort));
    expect(monitor.spec.endpoints.map((e) => [e.port, e.path])).toEqual([["metrics", "/metrics"]]);
  });

  test("F039 its config.json is one that the daemon takes, and only two pages leave the pod", () => {
    const { data } = manifest("configmap");
    const folder = mkdtempSync(join(tmpdir(), "hall-deploy-"));
    writeFileSync(join(folder, "config.json"), data!["config.json"]!);
    const settings = {
      claude_status_path: "",
      codex_status_path: "",
      codex_app_server: false,
      cadence_ms: 60_000,
      child_env: {},
    };
    const { probes } = loadLimitSources(settings, join(folder, "config.json"), "0");
    rmSync(folder, { recursive: true, force: true });
    expect(probes.map((p) => [p.account, p.cadence_ms])).toEqual([
      ["work", 300_000],
      ["home", 300_000],
    ]);
    const open = [...data!["default.conf"]!.matchAll(/location = (\S+) \{ proxy_pass/g)].map((m) => m[1]!);
    expect(open).toEqual(["/metrics", "/status.json"]);
  });
});
