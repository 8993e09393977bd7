import { describe, expect, test } from "vitest";
import { missingPrograms, requirePrograms } from "../../../src/drivers/lab-programs.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";

const text = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: programs }
spec:
  cluster: { nodes: [node1] }
  topology:
    nodes:
      lb: { processes: [{ name: lb, command: [sh, -c, "cd /; exec haproxy -f /dev/stdin"] }] }
      web: { processes: [{ name: web, command: [python3, -m, http.server] }, { name: own, command: [./own, haproxy] }] }
  checks:
    - { name: a, from: [lb, web], command: [sh, -c, "echo socat | conntrack -L"], expect: { exitCode: 0 } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: pod }, spec: { containers: [{ name: main, command: [nginx], args: [-g, x] }] } }
`;
const { lab } = loadLabText(text, "lab.yaml");

describe("programs of a lab that are not there", () => {
  test("are named with their package and where they would run", () => {
    expect(missingPrograms(lab, () => false)).toEqual([
      { program: "conntrack", package: "conntrack", where: ["lb", "web"] },
      { program: "haproxy", package: "haproxy", where: ["lb"] },
      { program: "nginx", package: "nginx-light", where: ["default/pod"] },
      { program: "python3", package: "python3", where: ["web"] },
    ]);
  });

  test("are none where all are there", () => {
    expect(missingPrograms(lab, () => true)).toEqual([]);
  });

  test("end a command before it builds anything", () => {
    const one = loadLabText(text, "lab.yaml").lab;
    const missing = missingPrograms(one).map(({ program }) => program);
    if (missing.length === 0) expect(() => requirePrograms(one)).not.toThrow();
    else expect(() => requirePrograms(one)).toThrow(missing[0]);
  });
});

test("BIRD, where Calico's nodes run it, is named before anything is built", () => {
  const text = (bgp: string): string =>
    `{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: t }, spec: { cluster: { nodes: [n1, n2], dns: false, cni: { plugin: calico, encapsulation: None${bgp} } } } }`;
  const missing = (bgp: string) => missingPrograms(loadLabText(text(bgp), "lab.yaml").lab, () => false);
  expect(missing(", bgp: { daemon: bird }")).toEqual([{ program: "bird", package: "bird2", where: ["n1", "n2"] }]);
  expect(missing("")).toEqual([]);
});
