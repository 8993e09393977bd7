/** Devices that `-i` and `-o` of installed rules are compared with. */
import { expect, it } from "vitest";
import { caliDevice } from "../../../src/cluster/cni/calico/names.ts";
import type { ClusterModel } from "../../../src/cluster/cluster.ts";
import { podDevicesOf } from "../../../src/cluster/pod-devices.ts";
import { loadLabText } from "../../../src/load/load-lab.ts";
import type { Attached } from "../../../src/resources/cni/attached.ts";
import { made } from "../../kernel/agent-lab.ts";
import { clusterLab, pod } from "../load/diagnose.ts";

function clusterOf(cni: string): ClusterModel {
  const text = clusterLab(`    nodes: [node1]\n    dns: false\n    cni: { ${cni} }`, pod("x"));
  const [cluster] = loadLabText(text, "lab.yaml").lab.clusters;
  if (cluster === undefined) throw new Error("no cluster");
  return cluster;
}

it("rules' devices are those of pods where each pod is routed by its own", () => {
  const devices = (cni: string): readonly string[] | undefined => podDevicesOf(clusterOf(cni), "node1")?.all;
  expect(devices("plugin: calico")).toContain(caliDevice("default", "x"));
  expect(devices("plugin: kindnet")?.length).toBeGreaterThan(0);
  expect(devices("plugin: flannel")).toBeUndefined();
});

it("and those that CNI plugins have made: the pod's own, or the bridge that it is a port of", () => {
  const cluster = clusterOf(`plugin: cni, conflist: { cniVersion: "1.0.0", name: n, plugins: [{ type: ptp }] }`);
  expect(podDevicesOf(cluster, "node1")).toBeUndefined();
  const attached = (master?: string): Attached => ({
    pod: "default/x",
    node: "node1",
    inode: 1,
    since: 1,
    addresses: { ipv4: "10.244.0.2" },
    result: { interfaces: [], ips: [], routes: [], dns: {} },
    made: [
      made("veth", "default/x", ["eth0"], {
        name: "eth0",
        up: true,
        peer: {
          ns: "node1",
          node: "node1",
          name: "veth12345678",
          up: true,
          ...(master === undefined ? {} : { master }),
        },
      }),
    ],
  });
  const found = (master?: string): readonly unknown[] => {
    const { byAddress } = podDevicesOf(
      { ...cluster, attachments: { attached: [attached(master)], left: [] } },
      "node1",
    ) ?? {
      byAddress: new Map(),
    };
    return [...byAddress];
  };
  expect(found()).toEqual([["10.244.0.2", "veth12345678"]]);
  expect(found("cni0")).toEqual([["10.244.0.2", "cni0"]]);
});
