/** Manifests in the shape in which projects publish them are taken: what has no effect here is a warning, and every pod becomes ready. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { describeLook } from "../../../src/resources/watch/describe.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";

const { lab, warnings } = loadLabText(
  readFileSync(new URL("real-manifests.yaml", import.meta.url), "utf8"),
  "real-manifests.yaml",
);

test("no field or kind is refused; what is left out is reported with its place", () => {
  const summary = warnings.find(({ message }) => message.includes("left out"))?.message;
  expect(summary).toMatch(/^\d+ objects are left out, which do not affect the network: /);
  const kinds = [...(summary?.matchAll(/\d+ ([A-Z]\w+)/g) ?? [])].map(([, kind]) => kind);
  expect(kinds.map(String).toSorted()).toEqual([
    "APIService",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "HorizontalPodAutoscaler",
    "PersistentVolumeClaim",
    "PodDisruptionBudget",
    "Role",
  ]);
  expect(warnings.every(({ source }) => (source?.line ?? 0) > 5)).toBe(true);
});

test("the built-in server answers every probe that is made", () => {
  const resources = planResources(lab);
  const servers = new Set(resources.flatMap((one) => (one.kind === "server" ? [`${one.ns} ${one.port}`] : [])));
  const looks = resources.flatMap((one) => (one.kind === "watch" && one.subject.kind === "pod" ? [one] : []));
  expect(looks.map(({ look }) => describeLook(look).replaceAll(/[\d.]+:/g, ":")).toSorted()).toEqual([
    "grpc health of :8080",
    "http://:10254/healthz",
    "http://:6080/healthz",
    "http://:8080/healthz?full=true",
    "http://:8181/ready",
    "http://:9090/-/ready",
    "https://:10250/readyz",
    "tcp :6379",
  ]);
  for (const { look, subject } of looks)
    if (look.kind !== "exec" && look.kind !== "link") expect(servers).toContain(`${subject.name} ${look.port}`);
});

test("containers find what ConfigMaps, Secrets and the pod itself provide", () => {
  const containerOf = (workload: string) =>
    lab.clusters[0]?.pods.find((pod) => pod.owner?.name === workload)?.containers[0];
  expect(containerOf("postgres")?.startEnv).toEqual({ POSTGRES_DB: "db", POSTGRES_PASSWORD: "x" });
  expect(containerOf("cert-manager-webhook")?.env).toEqual({ POD_NAMESPACE: "cert-manager" });
});

test("StatefulSets and DaemonSets have the pods that their controllers give", () => {
  const podsOf = (workload: string) =>
    lab.clusters[0]?.pods.flatMap(({ owner, name, node }) => (owner?.name === workload ? [[name, node]] : []));
  expect(podsOf("postgres")?.map(([name]) => name)).toEqual(["postgres-0", "postgres-1"]);
  expect(podsOf("argocd-application-controller")?.map(([name]) => name)).toEqual(["argocd-application-controller-0"]);
  expect(podsOf("node-exporter")?.map(([, node]) => node)).toEqual(["node1", "node2"]);
});
