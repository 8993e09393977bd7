/** One short explanation for learners for each kind of thing that can be selected. */
import { checkLesson } from "../checks/registry.ts";
import type { NetnsResource } from "../resources/netns/definition.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { HopKind } from "../story/packet-story.ts";
import type { DeviceView } from "../resources/lab-view.ts";

const ROLES: Record<NetnsResource["role"], string> = {
  pod: "A pod is a network namespace: its own devices, addresses, routes and ports. All its containers share it, which is why they reach each other on localhost. Its eth0 is one end of a veth pair; the other end is on the node.",
  node: "A node is a namespace with an address on the underlay. It routes (net.ipv4.ip_forward=1) between its pods and the other nodes. What kubelet, the CNI plugin and kube-proxy do to a machine is done here.",
  switch:
    "The underlay: a plain Ethernet switch, made of a Linux bridge. It knows MAC addresses only and never sees inside a tunnel.",
  router:
    "The router of the underlay network. It knows the node subnets, but not the pods' addresses: traffic from pods to the outside must carry a node's address, or the answer does not find its way back.",
  internet:
    "The world outside, with documentation addresses (RFC 5737, RFC 3849). It has a route to the nodes but none to the pods.",
  host: "A network namespace: a network stack of its own with devices, addresses, routes, neighbours and firewall rules that no other namespace sees.",
};

export function roleLesson(role: NetnsResource["role"]): string {
  return ROLES[role];
}

export function deviceLesson(device: DeviceView): string {
  if (device.kind === "lo") return "The loopback device: what containers of one pod use to talk to each other.";
  return definitionOf(device.resource).lesson?.(device) ?? "";
}

const RESULTS: Readonly<Record<string, string>> = {
  step: "A change to the running lab, as a user would make it.",
  load: "Requests were sent throughout, and each of them must be answered.",
};

/** Of a kind of check, a step or its load. */
export function resultLesson(kind: string): string {
  return RESULTS[kind] ?? checkLesson(kind);
}

export const SERVICE_LESSON =
  "A Service is a name and an address for pods that come and go. No device has the address: rules on every node change it to an endpoint's before the packet is routed, and conntrack changes the answer back. The endpoints are the ready pods that its selector matches, as EndpointSlices list them.";

export const POLICY_LESSON =
  "A NetworkPolicy only allows; it never denies. But as soon as one policy selects a pod for a direction, the pod is isolated in that direction, and only what some policy allows gets through. Both sides must agree: the sender's egress and the receiver's ingress. Answers to allowed connections always pass.";

export const CLUSTER_POLICY_LESSON =
  "A policy of the cluster's administrator has rules in an order: the first that matches accepts, denies or passes the connection. The Admin tier comes before NetworkPolicies, the lowest priority first, and what it accepts or denies is final. What it passes, or does not match, goes to the NetworkPolicies; they decide for every pod that they select. The Baseline tier is for the pods that they do not select. What no tier decides is allowed.";

export const CALICO_POLICY_LESSON =
  "Calico asks tier by tier, and within a tier policy by policy, the lowest order first. The first rule that matches allows, denies, or passes on to the next tier. What the policies of a tier select and none of their rules matches is denied at its end, unless its default action is Pass. What no policy selects, the namespace's profile allows.";

export const HOP_LESSONS: Readonly<Record<HopKind, string>> = {
  device:
    "A capture on this device saw the packet: with → before its name on the way in, with → behind it on the way out. What is seen going out and not coming in at the other end was lost between them.",
  netfilter:
    "The kernel asks the rules of a hook as the packet passes it: PREROUTING before it is routed, INPUT or FORWARD once it is known where it goes, OUTPUT for what is sent here, POSTROUTING before it leaves. The chains are those that it really went through. Only the first packet of a connection asks the rules of nat.",
  conntrack:
    "Connection tracking remembers what the first packet of a connection was changed to, and changes every later one and all answers in the same way, without any rule.",
  routing:
    "The kernel looks for the most specific route to the destination, as it is after DNAT, in the tables that its rules name. The route says by which device and, where the destination is not a neighbour, by which next hop.",
  neighbour:
    "To send an Ethernet frame the kernel needs the MAC of the next hop: learnt by ARP or neighbour discovery, or, on a tunnel, written there by the network plugin.",
  forwarding:
    "A forwarding table says behind which port of a bridge, or behind which machine of a tunnel, a MAC is. Bridges learn it from what passes; for a tunnel the network plugin writes it.",
  socket:
    "The packet is for this machine and is given to the program that listens on the port; without one TCP answers with a reset.",
};
