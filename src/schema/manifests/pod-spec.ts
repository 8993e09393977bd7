/** PodSpec: what a pod may say, Kubernetes' checks of it, and what this lab does not do, by name. */
import * as z from "zod";
import type { Path } from "../../model/path.ts";
import { checkLabels, checkName, DNS_LABEL, DNS_SUBDOMAIN } from "../kube-names.ts";
import type { Report } from "../report.ts";
import { argument } from "../scalar.ts";
import { checkContainer, container } from "./container.ts";
import { stringMap } from "./metadata.ts";

export const podSpec = z.strictObject({
  containers: z.array(container).min(1),
  nodeName: argument.optional(),
  nodeSelector: stringMap.optional(),
  hostNetwork: z.boolean().optional(),
  hostname: argument.optional(),
  subdomain: argument.optional(),
  restartPolicy: z.enum(["Always", "OnFailure", "Never"]).optional(),
  activeDeadlineSeconds: z.unknown().optional(),
  affinity: z.unknown().optional(),
  automountServiceAccountToken: z.unknown().optional(),
  dnsConfig: z.unknown().optional(),
  dnsPolicy: z.unknown().optional(),
  enableServiceLinks: z.unknown().optional(),
  ephemeralContainers: z.unknown().optional(),
  hostAliases: z.unknown().optional(),
  hostIPC: z.unknown().optional(),
  hostPID: z.unknown().optional(),
  hostUsers: z.unknown().optional(),
  imagePullSecrets: z.unknown().optional(),
  initContainers: z.unknown().optional(),
  os: z.unknown().optional(),
  overhead: z.unknown().optional(),
  preemptionPolicy: z.unknown().optional(),
  priority: z.unknown().optional(),
  priorityClassName: z.unknown().optional(),
  readinessGates: z.unknown().optional(),
  resourceClaims: z.unknown().optional(),
  resources: z.unknown().optional(),
  runtimeClassName: z.unknown().optional(),
  schedulerName: z.unknown().optional(),
  schedulingGates: z.unknown().optional(),
  securityContext: z.unknown().optional(),
  serviceAccount: z.unknown().optional(),
  serviceAccountName: z.unknown().optional(),
  setHostnameAsFQDN: z.unknown().optional(),
  shareProcessNamespace: z.unknown().optional(),
  terminationGracePeriodSeconds: z.unknown().optional(),
  tolerations: z.unknown().optional(),
  topologySpreadConstraints: z.unknown().optional(),
  volumes: z.unknown().optional(),
});

export type PodSpecDocument = z.infer<typeof podSpec>;

type Field = keyof PodSpecDocument;

/** Fields that would change what the network does: refused until they are supported. */
const REFUSED: Partial<Record<Field, string>> = {
  initContainers: "move what they do into a container with a command",
  ephemeralContainers: "use `k8snet-lab exec` to run something in a pod",
};

/** Fields that could matter to somebody: taken, without effect, and said so. */
const WITHOUT_EFFECT: Partial<Record<Field, string>> = {
  activeDeadlineSeconds: "pods run as long as the lab",
  affinity: "pods without nodeName go to the least loaded node that nodeSelector allows",
  dnsConfig: "there is no cluster DNS yet",
  hostAliases: "/etc/hosts holds the pod's own name only",
  readinessGates: "a pod is always ready",
  schedulingGates: "pods are placed at once",
  setHostnameAsFQDN: "the hostname is the short name",
  topologySpreadConstraints: "pods of one owner are spread over the nodes anyway",
};

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

function checkBuiltInPorts(spec: PodSpecDocument, path: Path, report: Report): void {
  const owners = new Map<string, string>();
  for (const [i, c] of spec.containers.entries()) {
    if ((c.command ?? []).length > 0) continue;
    for (const [j, port] of (c.ports ?? []).entries()) {
      const key = `${port.containerPort}/${port.protocol ?? "TCP"}`;
      const owner = owners.get(key);
      if (owner !== undefined) {
        report(
          [...path, "containers", i, "ports", j, "containerPort"],
          `port ${key} is already served by container "${owner}" of this pod`,
          {
            at: "value",
            hint: "the containers of a pod share one network namespace: give each its own port",
          },
        );
      }
      owners.set(key, c.name);
    }
  }
}

/** Kubernetes' checks of a pod spec. `path` is where it stands: `spec` or `spec.template.spec`. */
export function checkPodSpec(spec: PodSpecDocument, path: Path, report: Report): void {
  const names = new Set<string>();
  for (const [i, c] of spec.containers.entries()) {
    const at = [...path, "containers", i];
    checkContainer(c, at, spec.hostNetwork === true, report);
    if (names.has(c.name))
      report([...at, "name"], `Duplicate value: ${JSON.stringify(c.name)}`, {
        at: "value",
        hint: "container names are unique within a pod",
      });
    names.add(c.name);
  }
  checkBuiltInPorts(spec, path, report);
  if (spec.nodeName !== undefined && spec.nodeName !== "")
    checkName(spec.nodeName, DNS_SUBDOMAIN, [...path, "nodeName"], report);
  if (spec.hostname !== undefined) checkName(spec.hostname, DNS_LABEL, [...path, "hostname"], report);
  if (spec.subdomain !== undefined) checkName(spec.subdomain, DNS_LABEL, [...path, "subdomain"], report);
  checkLabels(spec.nodeSelector, [...path, "nodeSelector"], report);
  for (const [field, hint] of Object.entries(REFUSED)) {
    if (isSet(spec[field as Field])) report([...path, field], `${field} is not supported yet`, { hint });
  }
  for (const [field, why] of Object.entries(WITHOUT_EFFECT)) {
    if (isSet(spec[field as Field])) report([...path, field], `${field} is ignored: ${why}`, { severity: "warning" });
  }
  if (spec.dnsPolicy !== undefined && spec.dnsPolicy !== "ClusterFirst" && spec.dnsPolicy !== "Default") {
    report([...path, "dnsPolicy"], "dnsPolicy is ignored: there is no cluster DNS yet", { severity: "warning" });
  }
}
