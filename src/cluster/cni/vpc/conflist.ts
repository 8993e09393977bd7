/** /etc/cni/net.d/10-aws.conflist: what ipamd's container writes from its template (misc/10-aws.conflist). */
import { because } from "../../../cause.ts";
import type { ClusterNode } from "../../../kube/node/cluster-node.ts";
import type { NodeDraft } from "../../../fabric/node-draft.ts";
import type { VpcModel } from "./model.ts";

/** Name of the list. */
export const NETWORK = "aws-cni";

export function addConflist({ cni, node, mtu }: { cni: VpcModel; node: ClusterNode; mtu: number }, draft: NodeDraft) {
  const { env } = cni;
  const [subnet, dst, dataDir] = env.ipv6
    ? ["169.254.172.0/22", "0.0.0.0/0", "/run/cni/v4pd/egress-v6-ipam"]
    : ["fd00::ac:00/118", "::/0", "/run/cni/v6pd/egress-v4-ipam"];
  const log = { pluginLogFile: "/var/log/aws-routed-eni/plugin.log", pluginLogLevel: "DEBUG" };
  const list = {
    cniVersion: "0.4.0",
    name: NETWORK,
    disableCheck: true,
    plugins: [
      {
        name: NETWORK,
        type: "aws-cni",
        vethPrefix: env.vethPrefix,
        mtu: String(mtu),
        podSGEnforcingMode: env.enforcing,
        ...log,
        capabilities: { "io.kubernetes.cri.pod-annotations": true },
      },
      {
        name: "egress-cni",
        type: "egress-cni",
        mtu: String(mtu),
        enabled: String(env.egress),
        randomizeSNAT: env.random,
        nodeIP: (env.ipv6 ? node.address.ipv4 : node.address.ipv6) ?? "",
        ipam: { type: "host-local", ranges: [[{ subnet }]], routes: [{ dst }], dataDir },
        ...log,
        pluginLogFile: "/var/log/aws-routed-eni/egress-v6-plugin.log",
      },
      { type: "portmap", capabilities: { portMappings: true }, snat: true },
    ],
  };
  draft.add({
    kind: "file",
    path: "/etc/cni/net.d/10-aws.conflist",
    content: `${JSON.stringify(list, null, 2)}\n`,
    cause: because(cni.cause, "what aws-node asks the container runtime to do for each pod"),
  });
}
