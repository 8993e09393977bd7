/** Pods have the names and labels that their controllers give, in labs and in policy commands. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { loadPolicyLab } from "../../../../src/load/policy-manifests.ts";
import type { PodModel } from "../../../../src/kube/pod/pod-model.ts";
import { targetIndex } from "../../../../src/targets/parse-target.ts";
import { clusterLab } from "../../load/diagnose.ts";

const template = (more = ""): string =>
  `template: { metadata: { labels: { app: x } }, spec: { containers: [{ name: c, ports: [{ containerPort: 80 }] }]${more} } }`;
const workload = (kind: string, spec: string, apiVersion = "apps/v1"): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: w }\nspec: { ${spec} }\n`;
const SELECTOR = "selector: { matchLabels: { app: x } }";

function inLab(manifest: string): readonly PodModel[] {
  const { lab } = loadLabText(
    clusterLab("    nodes: [n1, { name: n2, labels: { disk: ssd } }, n3]", manifest),
    "lab.yaml",
  );
  return lab.clusters[0]?.pods ?? [];
}

function inPolicy(manifest: string): readonly PodModel[] {
  const cwd = mkdtempSync(join(tmpdir(), "controller-pods-"));
  try {
    writeFileSync(join(cwd, "m.yaml"), manifest);
    return (loadPolicyLab(["m.yaml"], { cwd }).lab.clusters[0]?.pods ?? []).filter(
      ({ labels }) => labels["app"] === "x",
    );
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

const GENERATED = "[bcdfghjklmnpqrstvwxz2456789]{5}";

test("StatefulSet: ordinals, the revision, hostname and subdomain", () => {
  const manifest = workload(
    "StatefulSet",
    `serviceName: s, replicas: 3, ordinals: { start: 4 }, ${SELECTOR}, ${template()}`,
  );
  for (const pods of [inLab(manifest), inPolicy(manifest)]) {
    expect(pods.map(({ name }) => name)).toEqual(["w-4", "w-5", "w-6"]);
    expect(pods[1]?.labels).toEqual({
      app: "x",
      "apps.kubernetes.io/pod-index": "5",
      "controller-revision-hash": expect.stringMatching(/^w-[a-z0-9]{8,10}$/),
      "statefulset.kubernetes.io/pod-name": "w-5",
    });
    expect(new Set(pods.map(({ labels }) => labels["controller-revision-hash"])).size).toBe(1);
  }
  expect(inLab(manifest)[0]).toMatchObject({ hostname: "w-4", specHostname: "w-4", subdomain: "s" });
});

test("DaemonSet: a pod on each node that its nodeSelector takes", () => {
  const pods = inLab(workload("DaemonSet", `${SELECTOR}, ${template()}`));
  expect(pods.map(({ node }) => node)).toEqual(["n1", "n2", "n3"]);
  for (const { name, labels } of pods) {
    expect(name).toMatch(new RegExp(`^w-${GENERATED}$`));
    expect(labels["controller-revision-hash"]).toMatch(/^[a-z0-9]{8,10}$/);
    expect(labels["pod-template-generation"]).toBe("1");
  }
  expect(
    inLab(workload("DaemonSet", `${SELECTOR}, ${template(", nodeSelector: { disk: ssd }")}`)).map(({ node }) => node),
  ).toEqual(["n2"]);
  expect(inPolicy(workload("DaemonSet", `${SELECTOR}, ${template()}`)).map(({ node }) => node)).toEqual([
    "node1",
    "node2",
  ]);
});

test("ReplicationController: generated names and no label of its own", () => {
  const pods = inLab(workload("ReplicationController", `replicas: 2, ${template()}`, "v1"));
  expect(pods).toHaveLength(2);
  for (const { name, labels } of pods) {
    expect(name).toMatch(new RegExp(`^w-${GENERATED}$`));
    expect(labels).toEqual({ app: "x" });
  }
});

const NEVER = ", restartPolicy: Never";

test("Job and CronJob: the job's name and UID under both spellings, and the completion index", () => {
  const job = inPolicy(workload("Job", template(NEVER), "batch/v1"));
  expect(job).toHaveLength(1);
  expect(job[0]?.name).toMatch(new RegExp(`^w-${GENERATED}$`));
  const uid = job[0]?.labels["controller-uid"];
  expect(uid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(job[0]?.labels).toEqual({
    app: "x",
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": "w",
    "controller-uid": uid,
    "job-name": "w",
  });
  const indexed = inPolicy(
    workload("Job", `completionMode: Indexed, completions: 2, parallelism: 5, ${template(NEVER)}`, "batch/v1"),
  );
  expect(indexed.map(({ labels }) => labels["batch.kubernetes.io/job-completion-index"])).toEqual(["0", "1"]);
  expect(indexed[1]?.name).toMatch(new RegExp(`^w-1-${GENERATED}$`));
  const [nightly] = inPolicy(
    workload("CronJob", `schedule: '@daily', jobTemplate: { spec: { ${template(NEVER)} } }`, "batch/v1"),
  );
  expect(nightly?.labels["batch.kubernetes.io/job-name"]).toMatch(/^w-\d{8}$/);
  expect(nightly?.name).toMatch(new RegExp(`^w-\\d{8}-${GENERATED}$`));
});

test("targets name workloads of every kind", () => {
  const manifest = workload("StatefulSet", `serviceName: s, replicas: 2, ${SELECTOR}, ${template()}`);
  const { lab } = loadLabText(clusterLab("    nodes: [n1]", manifest), "lab.yaml");
  expect(targetIndex(lab).find("sts/w")).toMatchObject([{ text: "pod/w-0" }, { text: "pod/w-1" }]);
  expect(targetIndex(lab).find("statefulset/default/w#2")).toMatchObject([{ pod: { name: "w-1" } }]);
  expect(targetIndex(lab).find("ds/w")).toMatchObject({ message: 'there is no DaemonSet with pods "ds/w"' });
});

test("manifests of versions that Kubernetes dropped select their template's labels", () => {
  const pods = inLab(workload("DaemonSet", template(), "extensions/v1beta1"));
  expect(pods.map(({ node }) => node)).toEqual(["n1", "n2", "n3"]);
  expect(() => inLab(workload("DaemonSet", template()))).toThrow("spec.selector is missing");
});
