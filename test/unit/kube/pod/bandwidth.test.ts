/** Limits of a pod's bandwidth by annotations: what Kubernetes takes as a quantity, and what it says of others. */
import { describe, expect, it } from "vitest";
import { loadLabText } from "../../../../src/load/load-lab.ts";
import { clusterLab, diagnose } from "../../load/diagnose.ts";

const CNI = `    cni: { plugin: cni, conflist: { cniVersion: 1.0.0, name: x, plugins: [ { type: ptp, ipam: { type: host-local, subnet: 10.244.0.0/24 } } ] } }`;

function lab(text: string, cni = CNI, more = ""): string {
  const annotations = `{ kubernetes.io/ingress-bandwidth: "${text}" }`;
  const pod = `apiVersion: v1\nkind: Pod\nmetadata: { name: a, annotations: ${annotations} }\nspec: { ${more}containers: [ { name: c } ] }`;
  return clusterLab(`    nodes: [node1]\n    dns: false\n${cni}`, pod);
}

describe("an annotation", () => {
  it.each([
    ["1e6", 1e6],
    ["1E6", 1e6],
    ["+1M", 1e6],
    [".5G", 5e8],
    ["5.G", 5e9],
    ["10M", 1e7],
    ["1Mi", 2 ** 20],
    ["1000", 1000],
    ["1500500m", 1501],
    ["1P", 1e15],
  ])("%s", (text, rate) => {
    const [pod] = loadLabText(lab(text), "lab.yaml").lab.clusters[0]?.pods ?? [];
    expect(pod?.bandwidth).toEqual({ ingressRate: rate, ingressBurst: 2 ** 32 - 1 });
  });

  it.each([
    ["1K", "unable to parse quantity's suffix"],
    ["10Mbit", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    [" 1M", "quantities must match the regular expression"],
    ["", "quantities must match the regular expression"],
    ["999", "resource is unreasonably small (< 1kbit)"],
    ["-1M", "resource is unreasonably small (< 1kbit)"],
    ["1E", "resource is unreasonably large (> 1Pbit)"],
  ])("%j is refused as Kubernetes does, with every plugin", (text, words) => {
    for (const cni of [CNI, "    cni: { plugin: calico }"]) {
      const errors = diagnose(lab(text, cni)).filter((line) => !line.includes("warning"));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toContain(`kubernetes.io/ingress-bandwidth: ${words}`);
    }
  });

  it("of a pod in its node's network is not read", () => {
    expect(diagnose(lab("x", CNI, "hostNetwork: true, ")).filter((line) => !line.includes("warning"))).toEqual([]);
  });
});
