/** What can be named in a lab: places, interfaces, workloads, Services, policies, namespaces, checks. */
import { allPolicies } from "../../cluster/policy/all-policies.ts";
import { count } from "../../counting.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import { clusterNamed, labPods, labServices } from "../../cluster/lab-clusters.ts";
import { clusterPrefix, objectKey, objectText } from "../../net/object-ref.ts";
import type { Lab } from "../../lab/lab.ts";
import { policyWord } from "../../kube/cluster-network-policy/cluster-network-policy.ts";
import { listTargets, podText, targetIndex } from "../../targets/parse-target.ts";
import { serviceText } from "../../targets/service-target.ts";
import type { WorkloadNames } from "../../kube/workload/workload-kind.ts";

export type Candidate = readonly [word: string, description: string];

function addressesOf(pod: PodModel): string {
  return Object.values(pod.address).join(" ");
}

/** Every namespace and pod. */
export function places(lab: Lab): readonly Candidate[] {
  return listTargets(lab).map(({ text, addresses }): Candidate => [text, Object.values(addresses).join(" ")]);
}

/** `node1/eth0`, once the place is typed: before that a long list would hide the places. */
export function placesAndInterfaces(lab: Lab, current: string): readonly Candidate[] {
  const slash = current.lastIndexOf("/");
  const place = current.slice(0, slash);
  const interfaces = slash < 0 ? [] : targetIndex(lab).interfaces(place);
  return [...interfaces.map(({ name, kind }): Candidate => [`${place}/${name}`, kind]), ...places(lab)];
}

export function pods(lab: Lab): readonly Candidate[] {
  return labPods(lab).map((pod): Candidate => [podText(pod), addressesOf(pod)]);
}

/** Workloads that have pods: `deploy/web`, `sts/prod/db`. `can`: what is asked of their kind. */
export function workloads(lab: Lab, can: (kind: WorkloadNames) => boolean = () => true): readonly Candidate[] {
  const kinds = new Map(
    lab.clusters.flatMap(({ workloadKinds }) => workloadKinds.map((kind) => [kind.kind, kind] as const)),
  );
  const counts = new Map<string, number>();
  for (const pod of labPods(lab)) {
    const { owner } = pod;
    const kind = kinds.get(owner?.kind ?? "");
    if (owner === undefined || kind === undefined || !can(kind)) continue;
    const text = objectText(kind.words[0], { ...pod, name: owner.name });
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, pods]): Candidate => [text, count(pods, "pod")]);
}

export function services(lab: Lab): readonly Candidate[] {
  return labServices(lab).map((service): Candidate => [
    serviceText(service),
    [service.type, ...service.clusterIPs].join(" "),
  ]);
}

/** `svc/web:80`, `node1:30080`. */
export function serviceEnds(lab: Lab): readonly Candidate[] {
  const ends = labServices(lab).flatMap((service) =>
    service.ports.flatMap(({ port, protocol, nodePort }): Candidate[] => {
      const text = `${serviceText(service)}:${port}`;
      const nodes = nodePort === 0 ? [] : (clusterNamed(lab, service.cluster)?.nodes ?? []);
      return [
        [text, protocol],
        ...nodes.map(({ name }): Candidate => [`${name}:${nodePort}`, `node port of ${serviceText(service)}`]),
      ];
    }),
  );
  // A port may be there for UDP and for TCP.
  return [...new Map(ends).entries()];
}

export function policies(lab: Lab): readonly Candidate[] {
  return lab.clusters.flatMap((cluster) =>
    allPolicies(cluster).map((policy): Candidate => [policyWord(policy), policy.kind]),
  );
}

export function namespaces(lab: Lab): readonly Candidate[] {
  return lab.clusters.flatMap((cluster) =>
    cluster.namespaces.map(({ name }): Candidate => [`${clusterPrefix(cluster.name)}ns/${name}`, "namespace"]),
  );
}

export function checks(lab: Lab): readonly Candidate[] {
  return lab.checks.map(({ name, kind }): Candidate => [name, kind]);
}

/** What `policy explain` accepts as source or destination. */
export function policyEnds(lab: Lab): readonly Candidate[] {
  return [...pods(lab), ...workloads(lab), ...services(lab), ["internet", ""]];
}

/** `NAMESPACE/NAME` of workloads, and of pods that belong to none. */
export function workloadNames(lab: Lab): readonly Candidate[] {
  const names = labPods(lab).map((pod) => objectKey({ ...pod, name: pod.owner?.name ?? pod.name }));
  return [...new Set(names)].map((name): Candidate => [name, ""]);
}
