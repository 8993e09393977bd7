import { expect, test } from "vitest";
import { findFitness } from "../../../src/apply/required-features.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import type { Resource } from "../../../src/resources/resource.ts";

function resources(...documents: readonly string[]): readonly Resource[] {
  const lab = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: fit }, spec: { cluster: { nodes: [n1] } } }`;
  const pod = `{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [ { name: c, image: x, ports: [ { containerPort: 80 } ] } ] } }`;
  return planResources(loadLabText([lab, pod, ...documents].join("\n---\n"), "fit.yaml").lab);
}
const POLICY = `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: p }, spec: { podSelector: {} } }`;
const SERVICE = `{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { ports: [ { port: 80 } ] } }`;

test("policies need br_netfilter; Services do without where it is not there", () => {
  const asked: string[] = [];
  const absent = (path: string): boolean => asked.push(path) < 0;
  expect(findFitness(resources(POLICY), absent).lacks).toEqual([
    expect.objectContaining({ name: "bridge netfilter", fix: "modprobe br_netfilter" }),
  ]);
  expect(asked).toEqual(["/proc/sys/net/bridge"]);
  expect(findFitness(resources(POLICY), () => true).lacks).toEqual([]);
  expect(findFitness(resources(SERVICE), absent).lacks).toEqual([]);
});
