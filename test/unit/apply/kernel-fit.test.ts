import { expect, test } from "vitest";
import { mustEnforceOnBridges } from "../../../src/apply/kernel-fit.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import { planOperations } from "../../../src/plan/plan-operations.ts";
import { planResources } from "../../../src/plan/plan-lab.ts";
import type { Operation } from "../../../src/resources/operation.ts";

function operations(...documents: readonly string[]): readonly Operation[] {
  const lab = `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: fit }, spec: { cluster: { nodes: [n1] } } }`;
  const pod = `{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { containers: [ { name: c, image: x, ports: [ { containerPort: 80 } ] } ] } }`;
  return planOperations("fit", planResources(loadLabText([lab, pod, ...documents].join("\n---\n"), "fit.yaml").lab))
    .operations;
}
const POLICY = `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: p }, spec: { podSelector: {} } }`;
const SERVICE = `{ apiVersion: v1, kind: Service, metadata: { name: s }, spec: { ports: [ { port: 80 } ] } }`;

test("policies need br_netfilter; Services do without where it is not there", () => {
  const asked: string[] = [];
  const absent = (path: string): boolean => asked.push(path) < 0;
  expect(() => mustEnforceOnBridges(operations(POLICY), absent)).toThrow(
    expect.objectContaining({ exitCode: 3, hint: expect.stringContaining("modprobe br_netfilter") as string }),
  );
  expect(asked).toEqual(["/proc/sys/net/bridge"]);
  expect(() => mustEnforceOnBridges(operations(POLICY), () => true)).not.toThrow();
  expect(() => mustEnforceOnBridges(operations(SERVICE), absent)).not.toThrow();
});
