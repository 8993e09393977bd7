/** PodSpec: what a pod may contain, Kubernetes' checks of it, and the unsupported fields, by name. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import type { Path } from "../../syntax/path.ts";
import { isSidecar, lastingContainers } from "./lasting-containers.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import {
  checkLabels,
  checkName,
  DNS_LABEL,
  DNS_SUBDOMAIN,
  invalidValue,
  unsupportedValue,
} from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument, optionalArgument } from "../../syntax/scalar.ts";
import { checkContainer, container } from "./container.ts";
import { stringMap } from "../metadata.ts";
import { checkScheduling, schedulingFields } from "../scheduler/schema.ts";
import { checkVolumes, volume } from "./volume.ts";

const dnsConfig = lazy(() =>
  z.strictObject({
    nameservers: z.array(argument).nullable().optional(),
    searches: z.array(argument).nullable().optional(),
    options: z
      .array(z.strictObject({ name: optionalArgument, value: optionalArgument }))
      .nullable()
      .optional(),
  }),
);

export const podSpec = lazy(() =>
  z.strictObject({
    containers: z.array(container).min(1),
    nodeName: argument.optional(),
    nodeSelector: stringMap.optional(),
    hostNetwork: z.boolean().optional(),
    hostname: argument.optional(),
    subdomain: argument.optional(),
    restartPolicy: z.enum(["Always", "OnFailure", "Never"]).optional(),
    activeDeadlineSeconds: anything,
    ...schedulingFields,
    automountServiceAccountToken: anything,
    dnsConfig: dnsConfig.nullable().optional(),
    dnsPolicy: optionalArgument,
    enableServiceLinks: z.boolean().nullable().optional(),
    ephemeralContainers: anything,
    hostAliases: z
      .array(z.strictObject({ ip: argument, hostnames: z.array(argument).nullable().optional() }))
      .optional(),
    hostIPC: anything,
    hostPID: anything,
    hostUsers: anything,
    hostnameOverride: anything,
    imagePullSecrets: anything,
    initContainers: z.array(container).nullable().optional(),
    os: anything,
    overhead: anything,
    preemptionPolicy: anything,
    priority: anything,
    priorityClassName: anything,
    readinessGates: anything,
    resourceClaims: anything,
    resources: anything,
    runtimeClassName: anything,
    schedulerName: anything,
    securityContext: anything,
    serviceAccount: anything,
    serviceAccountName: anything,
    setHostnameAsFQDN: anything,
    shareProcessNamespace: anything,
    terminationGracePeriodSeconds: anything,
    volumes: z.array(volume).nullable().optional(),
    workloadRef: anything,
  }),
);

export type PodSpecDocument = z.infer<typeof podSpec>;

type Field = keyof PodSpecDocument;

/** Fields that would change what the network does: refused until they are supported. */
const REFUSED: Partial<Record<Field, string>> = {
  ephemeralContainers: "use `k8snet-lab exec` to run something in a pod",
};

/** Fields that could matter to users: accepted without effect, which is reported. */
const WITHOUT_EFFECT: Partial<Record<Field, string>> = {
  activeDeadlineSeconds: "pods run as long as the lab",
  hostnameOverride: "the hostname is hostname, or the pod's name",
  readinessGates: "readiness gates are ignored: no controller sets them",
  setHostnameAsFQDN: "the hostname is the short name",
};

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** What only a container that stays may have (validateInitContainers). */
const OF_SIDECARS = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] as const;

function checkInitContainers(spec: PodSpecDocument, path: Path, report: Report): void {
  const passing = (spec.initContainers ?? []).map((doc, i) => ({ doc, i })).filter(({ doc }) => !isSidecar(doc));
  for (const { doc, i } of passing) {
    const at = [...path, "initContainers", i];
    checkName(doc.name, DNS_LABEL, [...at, "name"], report);
    for (const field of OF_SIDECARS)
      if (isSet(doc[field]))
        report([...at, field], "Forbidden: may not be set for init containers without restartPolicy=Always");
  }
  if (passing.length > 0)
    report(
      [...path, "initContainers"],
      `initContainers are ignored: the others start without ${passing.map(({ doc }) => `"${doc.name}"`).join(", ")}`,
      { severity: "warning", hint: "a container with a command can do what an init container prepares or waits for" },
    );
}

function checkBuiltInPorts(spec: PodSpecDocument, path: Path, report: Report): void {
  const owners = new Map<string, string>();
  for (const { at, doc: c } of lastingContainers(spec)) {
    if ((c.command ?? []).length > 0) continue;
    for (const [j, port] of (c.ports ?? []).entries()) {
      const key = `${port.containerPort}/${port.protocol ?? "TCP"}`;
      const owner = owners.get(key);
      // A container may name one port twice.
      if (owner !== undefined && owner !== c.name) {
        report(
          [...path, ...at, "ports", j, "containerPort"],
          `port ${key} is also declared by container "${owner}": only one of the two can listen`,
          {
            severity: "warning",
            at: "value",
            hint: "the containers of a pod share one network namespace: give each its own port",
          },
        );
      }
      owners.set(key, c.name);
    }
  }
}

const INVALID_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const DNS_POLICIES = ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
/** What resolv.conf(5) allows, as the API server limits it (pkg/apis/core/validation: validatePodDNSConfig). */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

function checkDns(spec: PodSpecDocument, path: Path, report: Report): void {
  const policy = spec.dnsPolicy ?? "";
  if (policy !== "" && !DNS_POLICIES.includes(policy))
    report([...path, "dnsPolicy"], unsupportedValue(policy, DNS_POLICIES), { at: "value" });
  const at = [...path, "dnsConfig"];
  const nameservers = spec.dnsConfig?.nameservers ?? [];
  if (policy === "None" && nameservers.length === 0) {
    report(
      spec.dnsConfig === undefined || spec.dnsConfig === null ? at : [...at, "nameservers"],
      spec.dnsConfig === undefined || spec.dnsConfig === null
        ? "Required value: must provide `dnsConfig` when `dnsPolicy` is None"
        : "Required value: must provide at least one DNS nameserver when `dnsPolicy` is None",
      { hint: "add dnsConfig: { nameservers: [10.96.0.10] }" },
    );
  }
  if (nameservers.length > MAX_NAMESERVERS)
    report([...at, "nameservers"], invalidValue(nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`));
  for (const [i, text] of nameservers.entries()) {
    if (parseLegacyAddress(text) === undefined) {
      report([...at, "nameservers", i], invalidValue(text, INVALID_ADDRESS), { at: "value" });
    }
  }
  const searches = spec.dnsConfig?.searches ?? [];
  if (searches.length > MAX_SEARCHES)
    report([...at, "searches"], invalidValue(searches, `must not have more than ${MAX_SEARCHES} search paths`));
  if (searches.join(" ").length > MAX_SEARCH_CHARACTERS)
    report(
      [...at, "searches"],
      invalidValue(
        searches,
        `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
      ),
    );
  for (const [i, text] of searches.entries()) {
    if (text !== ".") checkName(text.replace(/\.$/, ""), DNS_SUBDOMAIN, [...at, "searches", i], report);
  }
  for (const [i, option] of (spec.dnsConfig?.options ?? []).entries()) {
    if ((option.name ?? "") === "") report([...at, "options", i], "Required value: must not be empty");
  }
}

/**
 * Kubernetes' checks of a pod spec. `path`: `spec` or `spec.template.spec`. `claims`: names of volumes that a
 * StatefulSet adds.
 */
export function checkPodSpec(spec: PodSpecDocument, path: Path, report: Report, claims: readonly string[] = []): void {
  checkVolumes(spec.volumes ?? [], path, report);
  const volumes = new Set([...(spec.volumes ?? []).map(({ name }) => name), ...claims]);
  for (const { at, doc } of lastingContainers(spec))
    checkContainer(doc, [...path, ...at], { hostNetwork: spec.hostNetwork === true, volumes }, report);
  const names = new Set<string>();
  for (const field of ["initContainers", "containers"] as const) {
    for (const [i, { name }] of (spec[field] ?? []).entries()) {
      if (names.has(name))
        report([...path, field, i, "name"], `Duplicate value: ${JSON.stringify(name)}`, {
          at: "value",
          hint: "container names are unique within a pod",
        });
      names.add(name);
    }
  }
  checkInitContainers(spec, path, report);
  checkBuiltInPorts(spec, path, report);
  if (spec.nodeName !== undefined && spec.nodeName !== "")
    checkName(spec.nodeName, DNS_SUBDOMAIN, [...path, "nodeName"], report);
  if (spec.hostname !== undefined) checkName(spec.hostname, DNS_LABEL, [...path, "hostname"], report);
  if (spec.subdomain !== undefined) checkName(spec.subdomain, DNS_LABEL, [...path, "subdomain"], report);
  checkLabels(spec.nodeSelector, [...path, "nodeSelector"], report);
  checkScheduling(spec, path, report);
  for (const [field, hint] of Object.entries(REFUSED)) {
    if (isSet(spec[field as Field])) report([...path, field], `${field} is not supported yet`, { hint });
  }
  for (const [field, why] of Object.entries(WITHOUT_EFFECT)) {
    if (isSet(spec[field as Field])) report([...path, field], `${field} is ignored: ${why}`, { severity: "warning" });
  }
  checkDns(spec, path, report);
  for (const [i, { ip, hostnames }] of (spec.hostAliases ?? []).entries()) {
    const at = [...path, "hostAliases", i];
    if (parseLegacyAddress(ip) === undefined) report([...at, "ip"], invalidValue(ip, INVALID_ADDRESS), { at: "value" });
    for (const [j, name] of (hostnames ?? []).entries())
      checkName(name, DNS_SUBDOMAIN, [...at, "hostnames", j], report);
  }
}
