/** The underlay: one bridge in a namespace of its own per node subnet, which acts as an Ethernet switch. */
import type { ClusterModel } from "../cluster.ts";
import type { UnderlaySwitch } from "../../kube/node/cluster-node.ts";
import { sha256 } from "../../net/digest.ts";
import { NodeDraft } from "../../fabric/node-draft.ts";
import { because, type Cause } from "../../cause.ts";

export const SWITCH_BRIDGE = "br0";

/** A switch port is named after what is plugged in; a name that is too long or in use is cut and made unique by a hash. */
export function switchPort(neighbour: string): string {
  if (neighbour.length <= 15 && neighbour !== SWITCH_BRIDGE && neighbour !== "lo") return neighbour;
  return `${neighbour.slice(0, 6)}-${sha256(neighbour).toString("hex").slice(0, 8)}`;
}

export function switchDevices(cluster: ClusterModel, model: UnderlaySwitch): NodeDraft {
  const draft = new NodeDraft(model.name, "switch", because(model.cause, "the switch that the nodes are plugged into"));
  draft.addBridge({ name: SWITCH_BRIDGE, mtu: cluster.mtu, cause: because(model.cause, "the switch itself") });
  return draft;
}

/** The switch's end of a cable. */
export function plugInto(draft: NodeDraft, neighbour: string, mtu: number, cause: Cause): string {
  const name = switchPort(neighbour);
  draft.addInterface({ name, mtu, bridge: SWITCH_BRIDGE, cause });
  return name;
}
