import { describe, expect, test } from "vitest";
import { formatDiagnostic, InputError } from "../../../src/errors.ts";
import { loadLabText, type LoadedLab } from "../../../src/load/load-lab.ts";
import type { OtherNetwork } from "../../../src/syntax/lab-sources.ts";
import { lab } from "./diagnose.ts";

const FLANNEL = lab(`  cluster:
    nodes: [node1, { name: node2, kubeProxy: { mode: ipvs, masqueradeAll: true } }]
    cni: { backend: vxlan, vni: 7, mtu: 1400 }
    kubeProxy: { mode: ipvs, ipvs: { scheduler: sh } }
  fault:
    cluster: { cni: { ipMasq: false } }`);

function load(network: OtherNetwork, text = FLANNEL): LoadedLab {
  return loadLabText(text, "lab.yaml", { network });
}
function mistakes(network: OtherNetwork, text = FLANNEL): readonly string[] {
  try {
    load(network, text);
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics.map((one) => formatDiagnostic(one).split("\n")[0] ?? "");
    throw error;
  }
  return [];
}
const [cluster, warnings] = [
  ({ lab: { clusters } }: LoadedLab) => clusters[0],
  ({ warnings: all }: LoadedLab) => all.map((one) => formatDiagnostic(one).split("\n")[0]),
];

describe("another plugin", () => {
  test("common settings stay, those of the other plugin are left out, and said, in the fault as well", () => {
    const loaded = load({ cni: "kindnet" });
    expect(cluster(loaded)?.cni).toMatchObject({ plugin: "kindnet", mtu: 1400 });
    expect(warnings(loaded)).toEqual([
      "lab.yaml:7:12: warning: --cni kindnet: backend, vni are settings of flannel, and left out",
      "lab.yaml:10:23: warning: --cni kindnet: ipMasq is a setting of flannel, and left out",
    ]);
  });
  test("the same plugin keeps its settings, and gets those that are named", () => {
    const loaded = load({ cni: "flannel:port=4789:directRouting=true" });
    expect(cluster(loaded)?.cni).toMatchObject({ vni: 7, port: 4789, directRouting: true, ipMasq: false });
    expect(warnings(loaded)).toEqual([]);
  });
  test("mistakes stand where they were made: on the command line, or in the file", () => {
    const errors = mistakes({ cni: "calico:encapsulation=GRE" }).filter((text) => text.includes("error"));
    expect(errors).toEqual([
      '--cni calico:encapsulation=GRE:1:14: error: spec.cluster.cni.encapsulation: "GRE" is not allowed here',
    ]);
    expect(mistakes({ cni: "kindnet" }, FLANNEL.replace("mtu: 1400", "mtu: 1"))).toContainEqual(
      expect.stringMatching(/^lab.yaml:7:\d+: error: spec.cluster.cni.mtu/),
    );
  });
  test("what is not a plugin or a setting", () => {
    expect(() => load({ cni: "calcio" })).toThrow('there is no network plugin "calcio"');
    expect(() => load({ cni: "calico:bgp" })).toThrow('"bgp" is not a setting');
    expect(() => load({ kubeProxy: "nft" })).toThrow("there is no such mode");
  });
  test("in all clusters; a lab without one is refused", () => {
    const two = lab(
      "  clusters: { east: { nodes: [n], nodeCIDR: 10.9.0.0/24, podCIDR: 10.8.0.0/16 }, west: { nodes: [n] } }",
    );
    expect(load({ cni: "calico" }, two).lab.clusters.map(({ cni }) => cni.plugin)).toEqual(["calico", "calico"]);
    expect(mistakes({ cni: "calico" }, lab("  topology: { nodes: { a: {} } }"))).toEqual([
      expect.stringContaining("error: the lab has no cluster, so --cni has nothing to change") as string,
    ]);
  });
});

describe("another kube-proxy mode", () => {
  test("on all nodes; other settings stay", () => {
    const loaded = load({ kubeProxy: "nftables" });
    expect(cluster(loaded)?.kubeProxy).toMatchObject({ mode: "nftables" });
    expect(cluster(loaded)?.nodes[1]?.kubeProxy).toMatchObject({ mode: "nftables", masqueradeAll: true });
    expect(warnings(loaded)).toEqual([
      "lab.yaml:6:35: warning: --kube-proxy nftables: the node's own mode ipvs is left out",
      "lab.yaml:8:30: warning: --kube-proxy nftables: ipvs is a setting of mode ipvs, and left out",
    ]);
  });
});

test("it is kept with the lab's texts, under the name of a copy", () => {
  const loaded = load({ cni: "kindnet", nameSuffix: "-compare-2" }, FLANNEL);
  expect(loaded.sources.network).toEqual({ cni: "kindnet", nameSuffix: "-compare-2" });
  expect(loaded.lab.name).toMatch(/-compare-2$/);
  const long = FLANNEL.replace(/name: [a-z-]+ \}/, `name: ${"a".repeat(40)} }`);
  expect(load({ cni: "kindnet", nameSuffix: "-compare-2" }, long).lab.name).toHaveLength(40);
});
