/** Between which two ends a packet is followed: what can be chosen, and what is asked of it by default. */
import { labPods, labServices } from "../cluster/lab-clusters.ts";
import type { Lab } from "../lab/lab.ts";
import { objectKey } from "../net/object-ref.ts";
import type { Target } from "../net/target.ts";
import { serviceText } from "../targets/service-target.ts";
import type { TraceProtocol } from "./port.ts";

export interface TracePort {
  readonly protocol: TraceProtocol;
  readonly port: number;
}

export interface TraceEnd {
  /** As targets are written: `pod/web`, `svc/web`, `node1`. */
  readonly text: string;
  readonly isService: boolean;
  /** What it declares, in its order. */
  readonly ports: readonly TracePort[];
}

const PING: TracePort = { protocol: "icmp", port: 80 };

/** Services first, then every place. */
export function traceEnds(lab: Lab, targets: readonly Target[]): readonly TraceEnd[] {
  const pods = new Map(labPods(lab).map((pod) => [objectKey(pod), pod]));
  const services = labServices(lab)
    .filter(({ headless, type }) => !headless && type !== "ExternalName")
    .map((service): TraceEnd => ({ text: serviceText(service), isService: true, ports: portsOf(service.ports) }));
  const places = targets
    .filter(({ iface }) => iface === undefined)
    .map(({ text, pod }): TraceEnd => {
      const containers = (pod === undefined ? undefined : pods.get(objectKey(pod)))?.containers ?? [];
      return { text, isService: false, ports: portsOf(containers.flatMap(({ ports }) => ports)) };
    });
  return [...services, ...places];
}

function portsOf(declared: readonly { readonly protocol: string; readonly port: number }[]): readonly TracePort[] {
  return declared.flatMap(({ protocol, port }) => {
    const known = protocol.toLowerCase();
    return known === "tcp" || known === "udp" ? [{ protocol: known, port }] : [];
  });
}

/** Its first port; a ping where it declares none. */
export function guessPort(end: TraceEnd | undefined): TracePort {
  return end?.ports[0] ?? PING;
}

/** Those whose names contain all the words, in any case. */
export function filterEnds(ends: readonly TraceEnd[], search: string): readonly TraceEnd[] {
  const words = search.toLowerCase().split(" ");
  return ends.filter(({ text }) => words.every((word) => text.toLowerCase().includes(word)));
}
