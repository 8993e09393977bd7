import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addDevices } from "../../../../src/fabric/device-table.ts";
import type { DeviceTable } from "../../../../src/fabric/device-table.ts";
import { formatAddress } from "../../../../src/net/address.ts";
import { networkOf } from "../../../../src/cluster/compile/network.ts";
import { loadLab, loadLabText } from "../../../../src/load/load-lab.ts";
import { definitionOf } from "../../../../src/resources/definitions.ts";
import { planResources } from "../../../../src/plan/plan-lab.ts";
import { resolveTarget } from "../../../../src/targets/parse-target.ts";

const folder = join(import.meta.dirname, "../../../../labs");
const files = readdirSync(folder).filter((file) => file.endsWith(".yaml"));

/** `node1/cni0`, and `node1/cni0 10.244.0.1`. */
function known(tables: ReadonlyMap<string, DeviceTable>): readonly string[] {
  return [...tables].flatMap(([ns, table]) =>
    table
      .all()
      .filter(({ name }) => name !== "lo")
      .flatMap(({ name, addresses }) => [
        `${ns}/${name}`,
        ...addresses.map(({ address }) => `${ns}/${name} ${formatAddress(address)}`),
      ]),
  );
}

describe("devices of the first phase", () => {
  test.each(files)("%s: those of the plan", async (file) => {
    const { lab } = await loadLab(join(folder, file));
    const tables = new Map<string, DeviceTable>();
    if (lab.clusters[0] !== undefined) addDevices(tables, networkOf(lab.clusters).devices, true);
    addDevices(tables, lab.topology, false);
    const planned = planResources(lab).flatMap((one): readonly string[] => {
      if (one.kind === "addr") return [`${one.ns}/${one.dev} ${one.address.replace(/\/\d+$/, "")}`];
      return (definitionOf(one).devices?.(one) ?? []).map(({ ns, name }) => `${ns}/${name}`);
    });
    expect(
      known(tables)
        .filter((one) => !one.includes("/lo "))
        .toSorted(),
    ).toEqual(planned.filter((one) => !one.includes("/lo ")).toSorted());
  });

  const ipvs = `apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: ipvs }
spec:
  cluster: { nodes: [node1, node2], kubeProxy: ipvs }
  captures: [{ name: services, at: node1/kube-ipvs0 }]
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { clusterIP: 10.96.0.80, ports: [{ port: 80 }] } }
`;

  test("kube-proxy's device is one: captures and targets name it", () => {
    const { lab, warnings } = loadLabText(ipvs, "lab.yaml");
    expect(warnings.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(lab.captures).toMatchObject([{ at: [{ ns: "node1", iface: "kube-ipvs0" }] }]);
    expect(resolveTarget(lab, "node2/kube-ipvs0")).toMatchObject({ ns: "node2", iface: "kube-ipvs0" });
  });

  test("a lab is planned once", () => {
    const { lab } = loadLabText(ipvs, "lab.yaml");
    expect(planResources(lab)).toBe(planResources(lab));
  });
});
