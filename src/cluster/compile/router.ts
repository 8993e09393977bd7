/** The router between the node subnets and the `internet`, and the internet itself: it knows the nodes, never the pods. */
import type { ClusterModel } from "../cluster.ts";
import type { PerFamily } from "../../net/family.ts";
import type { Device } from "../../fabric/device.ts";
import type { Spec, TopologyLink } from "../../fabric/topology.ts";
import type { ClusterNode, UnderlaySwitch } from "../../kube/node/cluster-node.ts";
import { labInternet } from "../internet.ts";
import { labSwitches, ownSwitches } from "../lab-clusters.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import { canonicalPrefix, HOST_LENGTH, perFamily, withLength } from "../../net/families.ts";
import { hostMac } from "../../net/mac.ts";
import { NodeDraft } from "../../fabric/node-draft.ts";
import { because, type Cause } from "../../cause.ts";
import { newRoute } from "../../fabric/specs.ts";
import { addBird, plainSpeakerText } from "../bgp/bird-text.ts";
import { learnedRoutes } from "../bgp/learned-routes.ts";
import { wholeBgp } from "../bgp/router-table.ts";
import { INTERNET, ROUTER } from "../bgp/routers.ts";
import { networkPlugin } from "../cni/registry.ts";
import { forwarding } from "./forwarding.ts";
import { plugInto } from "./switch.ts";

function addressesOf(address: PerFamily<string>, subnet: PerFamily<string>, cause: Cause): Device["addresses"] {
  return perFamily(address).map(([family, it]) => ({
    address: withLength(it, subnet[family] ?? `${it}/${family === "ipv4" ? 32 : 128}`),
    cause,
  }));
}

/** The device of the router on a node subnet, by the switch: the first cluster's first is eth0. `cluster`: whose switch it is. */
function legs(
  clusters: readonly ClusterModel[],
): readonly { cluster: ClusterModel; model: UnderlaySwitch; name: string }[] {
  const all = clusters.flatMap((cluster) => ownSwitches(cluster).map((model) => ({ cluster, model })));
  return all.map((leg, index) => ({ ...leg, name: `eth${index}` }));
}

/** Devices at the border to the internet belong to all clusters. */
function borderOf(clusters: readonly ClusterModel[]): { readonly cause: Cause; readonly mtu: number } {
  const [first] = clusters;
  if (first === undefined) throw new TypeError("there is no cluster");
  return { cause: first.cause, mtu: Math.max(...clusters.map(({ mtu }) => mtu)) };
}

export function routerDevices(
  clusters: readonly ClusterModel[],
  switches: readonly NodeDraft[],
  links: TopologyLink[],
): NodeDraft {
  const { cause, mtu } = borderOf(clusters);
  const internet = labInternet(clusters);
  const draft = new NodeDraft(ROUTER, "router", because(cause, "joins the node subnets and the internet; does no NAT"));
  for (const { cluster, model, name } of legs(clusters)) {
    draft.addInterface({
      name,
      mac: hostMac(model.gateway, `${ROUTER}/${name}`),
      mtu: cluster.mtu,
      addresses: addressesOf(model.gateway, model.subnet, because(model.cause, "gateway of the node subnet")),
      cause: because(model.cause, "the router's leg in the node subnet"),
    });
    const onSwitch = switches.find((it) => it.name === model.name);
    if (onSwitch === undefined) continue;
    const port = plugInto(onSwitch, ROUTER, cluster.mtu, because(model.cause, "switch port of the router"));
    links.push({
      endpoints: [
        { node: ROUTER, interface: name },
        { node: model.name, interface: port },
      ],
      cause: because(model.cause, "cable from the router to the switch"),
    });
  }
  draft.addInterface({
    name: INTERNET,
    mac: hostMac(internet.router, `${ROUTER}/${INTERNET}`),
    mtu,
    addresses: addressesOf(
      internet.router,
      internet.subnet,
      because(cause, "the router's address towards the internet"),
    ),
    cause: because(cause, "the router's leg towards the internet"),
  });
  return draft;
}

export function routerRules(clusters: readonly ClusterModel[], draft: NodeDraft): void {
  const { cause } = borderOf(clusters);
  const gateways = labSwitches({ clusters }).map((it) => it.gateway);
  const all: PerFamily<string> = Object.assign({}, labInternet(clusters).router, ...gateways);
  draft.addAll(forwarding(all, cause, "a router forwards"));
  const devices = new Map(legs(clusters).map(({ model, name }) => [model.name, name]));
  for (const cluster of clusters) networkPlugin(cluster).routerRules?.(cluster, draft, devices);
  addBgp(clusters, draft, ({ switches }, nextHop) => {
    const own = switches.find(({ subnet }) => perFamily(subnet).some(([, one]) => isWithin(nextHop, one)));
    return own === undefined ? undefined : devices.get(own.name);
  });
  for (const cluster of clusters.filter((one) => one.flat === true && networkPlugin(one).podRange === undefined))
    for (const node of cluster.nodes) {
      const dev = devices.get(node.switch);
      if (dev !== undefined) draft.addAll(podRoutes(cluster, node, dev));
    }
}

/** What one of the two has learned by BGP, of each cluster whose nodes it speaks to, and its daemon. `dev`: by the next hop. */
function addBgp(
  clusters: readonly ClusterModel[],
  draft: NodeDraft,
  dev: (cluster: ClusterModel, nextHop: string) => string | undefined,
): void {
  for (const cluster of clusters) {
    const { routerBgp } = cluster;
    if (routerBgp === undefined) continue;
    const result = wholeBgp(cluster);
    const speaker = result.speakers.find(({ name }) => name === draft.name);
    if (speaker === undefined) continue;
    const routes = learnedRoutes(result, speaker, (nextHop) => {
      const device = dev(cluster, nextHop);
      return device === undefined ? undefined : { via: nextHop, dev: device };
    });
    draft.addAll(routes);
    if (speaker.daemon !== undefined) addBird(draft, plainSpeakerText(speaker), routerBgp.cause);
  }
}

/** The way to a node's pods: to its part of the pod network, and to each pod that has its address from elsewhere. */
function podRoutes({ pods }: ClusterModel, node: ClusterNode, dev: string): Spec<"route">[] {
  const here = pods.filter((pod) => pod.node === node.name && !pod.hostNetwork);
  const cause = because(node.cause, `flat: the router knows the pods of ${node.name}`);
  return perFamily(node.address).flatMap(([family, via]) => {
    const part = node.podCIDR[family];
    const outside = here.flatMap(({ address }) => address[family] ?? []).filter((one) => !isWithin(one, part));
    const prefixes = [...(part === undefined ? [] : [part]), ...outside.map((one) => `${one}/${HOST_LENGTH[family]}`)];
    return prefixes.map((to) => newRoute({ to: canonicalPrefix(to), family, via, dev, cause }));
  });
}

/** `prefix`: undefined has none. */
function isWithin(address: string, prefix: string | undefined): boolean {
  const [one, range] = [parseAddress(address), parsePrefix(prefix ?? "")];
  return one !== undefined && range !== undefined && prefixContains(range, one);
}

export function internetDevices(clusters: readonly ClusterModel[], links: TopologyLink[]): NodeDraft {
  const { cause, mtu } = borderOf(clusters);
  const internet = labInternet(clusters);
  const draft = new NodeDraft(INTERNET, "internet", because(cause, "the world outside, with documentation addresses"));
  draft.addInterface({
    name: "eth0",
    mac: hostMac(internet.address, INTERNET),
    mtu,
    addresses: addressesOf(internet.address, internet.subnet, because(cause, "a server in the internet")),
    cause: because(cause, "the internet's leg towards the router"),
  });
  links.push({
    endpoints: [
      { node: INTERNET, interface: "eth0" },
      { node: ROUTER, interface: INTERNET },
    ],
    cause: because(cause, "line from the router to the internet"),
  });
  return draft;
}

export function internetRules(clusters: readonly ClusterModel[], draft: NodeDraft): void {
  const { cause } = borderOf(clusters);
  const internet = labInternet(clusters);
  for (const { model } of legs(clusters))
    for (const [family, subnet] of perFamily(model.subnet)) {
      const via = internet.router[family];
      if (via !== undefined)
        draft.add(
          newRoute({
            to: canonicalPrefix(subnet),
            family,
            via,
            dev: "eth0",
            cause: because(model.cause, "the internet has routes to nodes, not to pods"),
          }),
        );
    }
  addBgp(clusters, draft, () => "eth0");
  if (internet.dns !== undefined)
    draft.add(
      { kind: "dns", ...internet.dns },
      {
        kind: "file",
        path: "/etc/resolv.conf",
        content: perFamily(internet.address)
          .map(([, address]) => `nameserver ${address}\n`)
          .join(""),
        cause: because(internet.dns.cause, "clients in the internet ask its own DNS server"),
      },
    );
  for (const port of internet.servers)
    draft.addServer({ protocol: "tcp", port, cause: because(cause, "a server in the internet") });
}
