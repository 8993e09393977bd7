/** What Calico's selectors select: pods, networks of sets, host endpoints; each with the labels that Calico gives it. */
import { LABELS } from "../../kube/calico/calico-policy.ts";
import type { HostEndpointModel, NetworkSetModel } from "../../kube/calico/calico-policy.ts";
import { parseSelector, selects } from "../../kube/calico/selector.ts";
import type { Labels, SelectorNode } from "../../kube/calico/selector.ts";
import { perObject } from "../../memo.ts";
import { parseAddress, parsePrefix, prefixContains } from "../../net/address.ts";
import type { Address, Prefix } from "../../net/address.ts";
import { namespaceLabels } from "./world-facts.ts";
import type { PolicyWorld, WorldPod } from "./policy-world.ts";

export interface LabelledEndpoint {
  readonly labels: Labels;
  readonly nets: readonly Prefix[];
  /** Those with names. `protocol`: lower case. */
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[];
  /** Whose networks they are. */
  readonly set?: NetworkSetModel | undefined;
}

function prefixed(labels: Labels, prefix: string): Labels {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]));
}

/** Labels by profile `kns.NAMESPACE`. */
function namespaceProfile(world: PolicyWorld, namespace: string): Labels {
  const own = { ...namespaceLabels(world, namespace), "projectcalico.org/name": namespace };
  return prefixed(own, LABELS.ofNamespace);
}

function podLabels(world: PolicyWorld, { namespace, labels, serviceAccount = "default" }: WorldPod): Labels {
  const account = world.serviceAccounts?.find((one) => one.namespace === namespace && one.name === serviceAccount);
  return {
    ...namespaceProfile(world, namespace),
    ...prefixed({ ...account?.labels, "projectcalico.org/name": serviceAccount }, LABELS.ofServiceAccount),
    ...labels,
    [LABELS.namespace]: namespace,
    [LABELS.orchestrator]: "k8s",
    [LABELS.serviceAccount]: serviceAccount,
  };
}

function single(text: string): readonly Prefix[] {
  const address = parseAddress(text);
  return address === undefined ? [] : [{ ...address, length: address.family === "ipv4" ? 32 : 128 }];
}

const networks = (nets: readonly string[]): readonly Prefix[] => nets.flatMap((net) => parsePrefix(net) ?? []);

/** A world's endpoints with their labels; selectors are parsed once. */
class EndpointIndex {
  readonly all: readonly LabelledEndpoint[];
  readonly #world: PolicyWorld;
  readonly #pods = new Map<WorldPod, LabelledEndpoint>();
  readonly #nodes = new Map<string, SelectorNode>();
  readonly #selected = new Map<string, readonly LabelledEndpoint[]>();

  constructor(world: PolicyWorld) {
    this.#world = world;
    const { networkSets = [], hostEndpoints = [] } = world.calico ?? {};
    this.all = [
      ...world.pods.filter((pod) => !pod.hostNetwork).map((pod) => this.pod(pod)),
      ...networkSets.map((set): LabelledEndpoint => ({
        labels:
          set.namespace === undefined
            ? set.labels
            : { ...namespaceProfile(world, set.namespace), ...set.labels, [LABELS.namespace]: set.namespace },
        nets: networks(set.nets),
        ports: [],
        set,
      })),
      ...hostEndpoints.map(({ labels, expectedIPs, ports }) => ({
        labels,
        nets: expectedIPs.flatMap(single),
        ports: ports.map((port) => ({ ...port, protocol: port.protocol.toLowerCase() })),
      })),
    ];
  }

  pod(pod: WorldPod): LabelledEndpoint {
    let found = this.#pods.get(pod);
    if (found === undefined) {
      found = {
        labels: podLabels(this.#world, pod),
        nets: pod.addresses.flatMap(single),
        ports: pod.ports.flatMap(({ name, protocol, port }) =>
          name === undefined ? [] : [{ name, protocol: protocol.toLowerCase(), port }],
        ),
      };
      this.#pods.set(pod, found);
    }
    return found;
  }

  node(selector: string): SelectorNode {
    let node = this.#nodes.get(selector);
    if (node === undefined) this.#nodes.set(selector, (node = parseSelector(selector)));
    return node;
  }

  selected(selector: string): readonly LabelledEndpoint[] {
    let found = this.#selected.get(selector);
    if (found === undefined) {
      const node = this.node(selector);
      this.#selected.set(selector, (found = this.all.filter(({ labels }) => selects(node, labels))));
    }
    return found;
  }
}

const indexOf = perObject((world: PolicyWorld) => new EndpointIndex(world));

export function allEndpoints(world: PolicyWorld): readonly LabelledEndpoint[] {
  return indexOf(world).all;
}

export function podEndpoint(world: PolicyWorld, pod: WorldPod): LabelledEndpoint {
  return indexOf(world).pod(pod);
}

/** Endpoints that a selector selects: their addresses are what it means in a rule. */
export function selectedEndpoints(world: PolicyWorld, selector: string): readonly LabelledEndpoint[] {
  return indexOf(world).selected(selector);
}

export function selectsPod(world: PolicyWorld, selector: string, pod: WorldPod): boolean {
  const index = indexOf(world);
  return selects(index.node(selector), index.pod(pod).labels);
}

export function selectsHost(world: PolicyWorld, selector: string, { labels }: HostEndpointModel): boolean {
  return selects(indexOf(world).node(selector), labels);
}

/** Endpoints at an address, of those that the selector selects. */
export function endpointsAt(world: PolicyWorld, selector: string, address: Address): readonly LabelledEndpoint[] {
  return selectedEndpoints(world, selector).filter(({ nets }) => nets.some((net) => prefixContains(net, address)));
}
