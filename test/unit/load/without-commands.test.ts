import { expect, test } from "vitest";
import { foreignCommandsWarning } from "../../../src/cli/foreign-commands.ts";
import { loadLabText, loadSources } from "../../../src/load/load-lab.ts";
import type { ManifestInput } from "../../../src/kube/manifest-input.ts";
import type { RunningLab } from "../../../src/cluster/lab-names.ts";
import type { Lab } from "../../../src/lab/lab.ts";
import { mergeLive } from "../../../src/live/merge-live.ts";
import { UNTOUCHED } from "../../../src/kube/workload/live-state.ts";
import { resolveLab } from "../../../src/load/resolve-lab.ts";
import { labCommands } from "../../../src/load/without-commands.ts";

const workload = (kind: string, name: string): string => `---
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${name} }
spec:
  ${kind === "StatefulSet" ? `serviceName: ${name}` : ""}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      initContainers:
        - { name: side, restartPolicy: Always, command: [sh, -c, "touch /owned"] }
      containers:
        - { name: main, command: [touch], args: [/owned], ports: [{ containerPort: 80 }] }
`;
const TEXT = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: foreign }
spec:
  cluster: { nodes: [node1] }
  topology:
    nodes:
      red: { interfaces: { eth0: { addresses: [10.0.0.1/24] } }, processes: [{ name: p, command: [touch, /owned] }] }
      blue: { interfaces: { eth0: { addresses: [10.0.0.2/24] } } }
    links: [{ endpoints: ["red:eth0", "blue:eth0"] }]
  checks:
    - { name: web answers, from: node1, tcp: "pod/web:80", expect: open }
    - { name: a program, from: red, command: [touch, /owned] }
  steps:
    - { name: run it, run: { in: red, command: [touch, /owned] } }
    - name: look
      checks: [{ name: again, from: red, command: [touch, /owned] }]
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: main, image: nginx, command: [touch, /owned], ports: [{ containerPort: 80 }] }] }
${["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"].map((kind) => workload(kind, kind.toLowerCase())).join("")}`;

test("all that a lab runs is listed, and none of it is left by --no-commands", () => {
  const { lab } = loadLabText(TEXT, "foreign.yaml");
  expect(new Set(labCommands(lab).map(({ argv }) => argv[0]))).toEqual(new Set(["touch", "sh"]));
  expect(labCommands(lab).map(({ where }) => where.replace(/-\S+$/, ""))).toEqual(
    expect.arrayContaining([
      "pod default/web",
      "pod default/deployment",
      "node red",
      'check "a program"',
      'step "run it"',
    ]),
  );
  const { lab: quiet, sources } = loadLabText(TEXT, "foreign.yaml", { noCommands: true });
  expect(labCommands(quiet)).toEqual([]);
  expect(JSON.stringify(quiet.clusters[0]) + JSON.stringify(quiet.topology)).not.toContain("/owned");
  // What the lab is, and what is asked of its stand-ins, stays.
  expect(quiet.clusters[0]?.pods.length).toBe(lab.clusters[0]?.pods.length);
  expect(quiet.clusters[0]?.pods.find(({ name }) => name === "web")?.containers[0]?.ports).toMatchObject([
    { port: 80 },
  ]);
  expect(quiet.checks.map(({ name }) => name)).toEqual(["web answers"]);
  // A change of the running lab does not bring them back.
  expect(labCommands(resolveLab(loadSources(sources)).lab)).toEqual([]);
});

test("pods of older ReplicaSets run nothing either, and the same file again asks for the same pods", () => {
  const { input: withCommands } = loadLabText(TEXT, "foreign.yaml");
  const { input, lab } = loadLabText(TEXT, "foreign.yaml", { noCommands: true });
  if (withCommands === undefined || input === undefined) throw new Error("not loaded");
  const nodes = lab.clusters[0]?.nodes ?? [];
  const running = (before: readonly ManifestInput[]): RunningLab => {
    const live = mergeLive(UNTOUCHED, input.manifests, { manifests: before, pods: [], nodes }, nodes);
    return { live, clusters: [], gradual: false };
  };
  const names = (of: Lab): string[] => (of.clusters[0]?.pods ?? []).map(({ name }) => name).toSorted();
  expect(names(resolveLab({ ...input, running: running(input.manifests) }).lab)).toEqual(names(lab));
  const older = running(withCommands.manifests);
  expect(JSON.stringify(older.live)).toContain("/owned");
  const mixed = resolveLab({ ...input, running: older }).lab;
  expect(names(mixed)).not.toEqual(names(lab));
  expect(labCommands(mixed)).toEqual([]);
});

test("up warns of another user's file that runs programs, and with whose rights", () => {
  const { lab } = loadLabText(TEXT, "foreign.yaml");
  const said = (driver: string, uid: number, of = lab): string | undefined =>
    foreignCommandsWarning(of, { driver, uid, cwd: "/tmp" });
  expect(said("netns", 0)).toMatch(
    /^this lab runs programs as root on this machine: touch in pod default\/web.*--no-commands$/,
  );
  expect(said("netns", 1000)).toContain("as you, with access to all your files");
  expect(said("docker", 0)).toContain("in containers");
  expect(said("netns", 0, { ...lab, file: `${import.meta.dirname}/../../../labs/overlay.yaml` })).toBeUndefined();
  const quiet = loadLabText(TEXT, "foreign.yaml", { noCommands: true }).lab;
  expect(said("netns", 0, quiet)).toBeUndefined();
  // Of a lab that is up only what it did not run before is news.
  const again = (before: Lab): string | undefined =>
    foreignCommandsWarning(lab, { driver: "netns", uid: 0, cwd: "/tmp", before });
  expect(again(lab)).toBeUndefined();
  expect(again(quiet)).toContain("touch in pod default/web");
});
