/** Clusters with Services, for tests. */
import { loadLabText } from "../../../../src/load/load-lab.ts";
import type { ClusterModel } from "../../../../src/cluster/cluster.ts";
import { clusterLab } from "../../load/diagnose.ts";

export const CLUSTER = "    nodes: [node1, { name: node2, labels: { topology.kubernetes.io/zone: b } }]";
export const DUAL = `${CLUSTER}\n    podCIDR: [10.244.0.0/16, "fd00:10:244::/56"]`;

export function cluster(spec: string, ...manifests: string[]): ClusterModel {
  const found = loadLabText(clusterLab(spec, ...manifests), "lab.yaml").lab.clusters[0];
  if (found === undefined) throw new TypeError("no cluster");
  return found;
}
export const service = (spec: string, name = "s", rest = ""): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: ${spec}${rest === "" ? "" : `\n${rest}`}`;
export const pod = (name: string, spec = "", rest = "", container = ""): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, labels: { app: web } }\nspec: { ${spec}${spec === "" ? "" : ", "}containers: [ { name: c${container} } ] }${rest === "" ? "" : `\n${rest}`}`;
export const named = (model: ClusterModel, name: string) => model.services.find((one) => one.name === name);
export const slicesOf = (model: ClusterModel, name: string) => model.slices.filter((one) => one.service === name);
export const WEB = "{ selector: { app: web }, ports: [ { port: 80 } ] }";
