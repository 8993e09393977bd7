/** Addresses that Calico gives to nodes and pods, and which of them they keep in a running lab. */
import { describe, expect, it } from "vitest";
import type { CalicoModel } from "../../../../../src/cluster/cni/calico/model.ts";
import { UNTOUCHED } from "../../../../../src/kube/workload/live-state.ts";
import { loadLabText } from "../../../../../src/load/load-lab.ts";
import { resolveLab } from "../../../../../src/load/resolve-lab.ts";
import { clusterLab, diagnose, pod } from "../../../load/diagnose.ts";

describe("addresses in a running lab, after a change of the pools", () => {
  const lab = (more: string): string =>
    clusterLab(
      `    nodes: [node1, node2]\n    dns: false\n${more}`,
      ...["node1", "node2", "node1", "node2"].map((node, i) => pod(`p${i}`, `, nodeName: ${node}`)),
    );

  /** Of tunnels, then of pods. */
  function after(first: string, second: string): readonly string[] {
    const before = loadLabText(lab(first), "lab.yaml").lab;
    const running = { live: UNTOUCHED, clusters: before.clusters, gradual: false };
    const [cluster] = resolveLab({ ...loadLabText(lab(second), "lab.yaml").input, running }).lab.clusters;
    const tunnels = (cluster?.cni as CalicoModel | undefined)?.tunnels ?? {};
    return [...Object.values(tunnels), ...(cluster?.pods ?? []).map(({ address }) => address.ipv4 ?? "")];
  }
  const calico = (more: string, range = "10.244.0.0/16"): string =>
    `    podCIDR: ${range}\n    cni: { plugin: calico, ${more} }`;

  it.each([
    [
      "the same ones",
      calico("encapsulation: VXLAN"),
      calico("encapsulation: VXLAN"),
      ["10.244.0.0", "10.244.0.64", "10.244.0.1", "10.244.0.65", "10.244.0.2", "10.244.0.66"],
    ],
    [
      "other blocks: all are kept",
      calico("encapsulation: VXLAN"),
      calico("encapsulation: VXLAN, blockSize: 28"),
      ["10.244.0.0", "10.244.0.64", "10.244.0.1", "10.244.0.65", "10.244.0.2", "10.244.0.66"],
    ],
    [
      "another range: none is kept",
      calico("encapsulation: VXLAN"),
      calico("encapsulation: VXLAN", "10.99.0.0/16"),
      ["10.99.0.0", "10.99.0.64", "10.99.0.1", "10.99.0.65", "10.99.0.2", "10.99.0.66"],
    ],
    [
      "tunnels that are new take what pods do not have",
      calico("encapsulation: None"),
      calico("encapsulation: VXLAN"),
      ["10.244.0.2", "10.244.0.66", "10.244.0.0", "10.244.0.64", "10.244.0.1", "10.244.0.65"],
    ],
  ])("%s", (_name, first, second, expected) => {
    expect(after(first, second)).toEqual(expected);
  });
});

it("a node has its limit of blocks", () => {
  const many = Array.from({ length: 5 }, (_, i) => pod(`x${i}`, ", nodeName: node1"));
  const text = clusterLab(
    "    nodes: [node1]\n    dns: false\n    cni: { plugin: calico, encapsulation: None, blockSize: 31, strictAffinity: true, maxBlocksPerHost: 2 }",
    ...many,
  );
  expect(diagnose(text).join()).toMatch(/limit of 2 blocks reached for node1, and this pod exceeds them/);
});
