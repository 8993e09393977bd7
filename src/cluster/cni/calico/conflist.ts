/** /etc/cni/net.d/10-calico.conflist, as Calico's manifest has it (manifests/calico.yaml, cni_network_config). */
import { because } from "../../../cause.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { ClusterModel } from "../../cluster.ts";
import { ownNodeName } from "../../lab-names.ts";
import { NETWORK } from "./attachment.ts";
import type { CalicoModel } from "./model.ts";
import { VERSION_FACTS } from "./versions.ts";

export function addConflist(
  { name, cni }: ClusterModel<CalicoModel>,
  node: ClusterNode,
  draft: NodeDraft,
  mtu: number,
): void {
  const plugins = [
    {
      type: "calico",
      log_level: "info",
      log_file_path: "/var/log/calico/cni/cni.log",
      datastore_type: "kubernetes",
      nodename: ownNodeName(name, node.name),
      mtu,
      ipam: { type: "calico-ipam" },
      policy: { type: "k8s" },
      kubernetes: { kubeconfig: "/etc/cni/net.d/calico-kubeconfig" },
    },
    { type: "portmap", snat: true, capabilities: { portMappings: true } },
  ];
  const { cniVersion } = VERSION_FACTS[cni.version];
  draft.add({
    kind: "file",
    path: "/etc/cni/net.d/10-calico.conflist",
    content: `${JSON.stringify({ name: NETWORK, cniVersion, plugins }, null, 2)}\n`,
    cause: because(cni.cause, "what calico-node asks of the container runtime for each pod"),
  });
}
