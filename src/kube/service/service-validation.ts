/**
 * What the API server refuses in a Service, with its messages and field paths
 * (pkg/apis/core/validation: ValidateService; names, ports, types and policies. Addresses: service-addresses.ts).
 */
import type { Path } from "../../syntax/path.ts";
import {
  checkLabels,
  checkName,
  checkPortName,
  checkQualifiedName,
  DNS_1035_LABEL,
  DNS_LABEL,
  DNS_SUBDOMAIN,
  invalidValue,
  unsupportedValue,
} from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { checkMetadata } from "../metadata.ts";
import { checkExternalIPs, checkFamilies, checkIngress, checkSourceRanges } from "./service-addresses.ts";
import type { ServiceDocument, ServicePortDocument } from "./schema.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS = ["SCTP", "TCP", "UDP"];
const PORT_RANGE = "must be between 1 and 65535, inclusive";
/** Longest ClientIP affinity: a day. */
const MAX_AFFINITY = 86_400;
const KUBELET_PORT = 10_250;

type Spec = ServiceDocument["spec"];

const isPort = (port: number): boolean => port >= 1 && port <= 65_535;

/** Reached from outside the cluster by anything but an Ingress: types NodePort and LoadBalancer, and externalIPs. */
function externallyAccessible(spec: Spec, type: string): boolean {
  return (
    type === "LoadBalancer" || type === "NodePort" || (type === "ClusterIP" && (spec.externalIPs ?? []).length > 0)
  );
}

function checkPort(
  port: ServicePortDocument,
  path: Path,
  nameNeeded: boolean,
  names: Set<string>,
  report: Report,
): void {
  const name = port.name ?? "";
  if (name === "") {
    if (nameNeeded)
      report([...path, "name"], "Required value", { hint: "with several ports each one needs a name: name: http" });
  } else {
    checkName(name, DNS_LABEL, [...path, "name"], report);
    if (names.has(name))
      report([...path, "name"], `Duplicate value: ${JSON.stringify(name)}`, {
        at: "value",
        hint: "port names are unique within a Service",
      });
    names.add(name);
  }
  if (!isPort(port.port)) report([...path, "port"], invalidValue(port.port, PORT_RANGE), { at: "value" });
  if ((port.protocol ?? "") !== "" && !PROTOCOLS.includes(port.protocol ?? "")) {
    report([...path, "protocol"], unsupportedValue(port.protocol ?? "", PROTOCOLS), { at: "value" });
  }
  const target = port.targetPort;
  if (typeof target === "number" && target !== 0 && !isPort(target))
    report([...path, "targetPort"], invalidValue(target, PORT_RANGE), { at: "value" });
  if (typeof target === "string" && target !== "") checkPortName(target, [...path, "targetPort"], report);
  if ((port.appProtocol ?? "") !== "") checkQualifiedName(port.appProtocol ?? "", [...path, "appProtocol"], report);
}

function checkPorts(spec: Spec, type: string, headless: boolean, report: Report): void {
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !headless && type !== "ExternalName") {
    report(["spec", "ports"], "Required value", {
      hint: "add ports: [{ port: 80 }]; only headless Services can omit them",
    });
  }
  const names = new Set<string>();
  const seen = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const path = ["spec", "ports", i];
    const protocol = (port.protocol ?? "") === "" ? "TCP" : (port.protocol ?? "");
    checkPort(port, path, ports.length > 1, names, report);
    if (type === "LoadBalancer" && port.port === KUBELET_PORT) {
      report(
        path,
        invalidValue(port.port, `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`),
      );
    }
    const key = `${port.port}/${protocol}`;
    if (seen.has(key))
      report(path, `Duplicate value: {"port":${port.port},"protocol":${JSON.stringify(protocol)}}`, {
        hint: "a Service has each port and protocol once",
      });
    seen.add(key);
    const nodePort = port.nodePort ?? 0;
    if (nodePort === 0) continue;
    if (type === "ClusterIP") {
      report([...path, "nodePort"], "Forbidden: may not be used when `type` is 'ClusterIP'", {
        hint: "remove nodePort, or set type: NodePort",
      });
    }
    if (type === "ExternalName") {
      report([...path, "nodePort"], "Forbidden: may not be used when `type` is 'ExternalName'", {
        hint: "remove nodePort: an ExternalName is a name only",
      });
    }
    const nodeKey = `${nodePort}/${protocol}`;
    if (nodePorts.has(nodeKey)) report([...path, "nodePort"], `Duplicate value: ${nodePort}`, { at: "value" });
    nodePorts.add(nodeKey);
  }
}

function checkAffinity(spec: Spec, report: Report): void {
  const affinity = (spec.sessionAffinity ?? "") === "" ? "None" : (spec.sessionAffinity ?? "");
  const path = ["spec", "sessionAffinityConfig"];
  if (affinity !== "None" && affinity !== "ClientIP") {
    report(["spec", "sessionAffinity"], unsupportedValue(affinity, ["ClientIP", "None"]), { at: "value" });
  }
  const config = spec.sessionAffinityConfig ?? undefined;
  if (affinity === "None" && config !== undefined) {
    report(path, "Forbidden: must not be set when session affinity is None", {
      hint: "set sessionAffinity: ClientIP, or remove sessionAffinityConfig",
    });
  }
  const timeout = config?.clientIP?.timeoutSeconds ?? undefined;
  if (affinity === "ClientIP" && timeout !== undefined && (timeout <= 0 || timeout > MAX_AFFINITY)) {
    report(
      [...path, "clientIP", "timeoutSeconds"],
      invalidValue(timeout, `must be greater than 0 and less than ${MAX_AFFINITY}`),
      { at: "value" },
    );
  }
}

function checkPolicies(spec: Spec, type: string, report: Report): void {
  const external = spec.externalTrafficPolicy ?? "";
  if (external !== "" && !externallyAccessible(spec, type)) {
    report(
      ["spec", "externalTrafficPolicy"],
      invalidValue(external, "may only be set for externally-accessible services"),
      {
        hint: "it applies to node ports, load-balancer and external addresses: set type: NodePort or LoadBalancer, or remove it",
      },
    );
  } else if (external !== "" && external !== "Cluster" && external !== "Local") {
    report(["spec", "externalTrafficPolicy"], unsupportedValue(external, ["Cluster", "Local"]), { at: "value" });
  }
  const internal = spec.internalTrafficPolicy ?? "";
  if (internal !== "" && internal !== "Cluster" && internal !== "Local") {
    report(["spec", "internalTrafficPolicy"], unsupportedValue(internal, ["Cluster", "Local"]), { at: "value" });
  }
  const health = spec.healthCheckNodePort ?? 0;
  if (health !== 0 && !(type === "LoadBalancer" && external === "Local")) {
    report(
      ["spec", "healthCheckNodePort"],
      invalidValue(health, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"),
    );
  } else if (health !== 0 && !isPort(health)) {
    report(["spec", "healthCheckNodePort"], invalidValue(health, PORT_RANGE), { at: "value" });
  }
  const distribution = spec.trafficDistribution ?? "";
  if (distribution !== "" && !["PreferClose", "PreferSameNode", "PreferSameZone"].includes(distribution)) {
    report(
      ["spec", "trafficDistribution"],
      unsupportedValue(distribution, ["PreferClose", "PreferSameNode", "PreferSameZone"]),
      { at: "value" },
    );
  }
}

function checkLoadBalancer(spec: Spec, type: string, report: Report): void {
  if (type === "LoadBalancer") {
    if ((spec.loadBalancerClass ?? "") !== "")
      checkQualifiedName(spec.loadBalancerClass ?? "", ["spec", "loadBalancerClass"], report);
    return;
  }
  const only = "Forbidden: may only be used when `type` is 'LoadBalancer'";
  const hint = "set type: LoadBalancer, or remove it";
  if (spec.allocateLoadBalancerNodePorts !== undefined && spec.allocateLoadBalancerNodePorts !== null)
    report(["spec", "allocateLoadBalancerNodePorts"], only, { hint });
  if ((spec.loadBalancerClass ?? null) !== null) report(["spec", "loadBalancerClass"], only, { hint });
  if ((spec.loadBalancerSourceRanges ?? []).length > 0) report(["spec", "loadBalancerSourceRanges"], only, { hint });
  if ((spec.loadBalancerIP ?? "") !== "")
    report(["spec", "loadBalancerIP"], "loadBalancerIP is ignored: the type is not LoadBalancer", {
      severity: "warning",
      hint,
    });
}

function checkExternalName(spec: Spec, report: Report): void {
  const hint = "an ExternalName Service is a DNS alias without addresses; remove it";
  if ((spec.clusterIP ?? "") !== "" || (spec.clusterIPs ?? []).length > 0) {
    report(
      ["spec", (spec.clusterIPs ?? []).length > 0 ? "clusterIPs" : "clusterIP"],
      "Forbidden: may not be set for ExternalName services",
      { hint },
    );
  }
  if ((spec.ipFamilies ?? []).length > 0)
    report(["spec", "ipFamilies"], "Forbidden: may not be set for ExternalName services", { hint });
  if ((spec.ipFamilyPolicy ?? "") !== "")
    report(["spec", "ipFamilyPolicy"], "Forbidden: may not be set for ExternalName services", { hint });
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  if (name === "")
    report(["spec", "externalName"], "Required value", { hint: "write the DNS name: externalName: www.example.com" });
  else checkName(name, DNS_SUBDOMAIN, ["spec", "externalName"], report);
}

/** Kubernetes' checks of a Service; addresses are allocated and compared with the others later (kube/service/resolve-service.ts). */
export function validateService(object: ServiceDocument, report: Report): void {
  const { spec } = object;
  checkMetadata(object.metadata, DNS_1035_LABEL, ["metadata"], report);
  const type = (spec.type ?? "") === "" ? "ClusterIP" : (spec.type ?? "");
  const headless = (spec.clusterIPs?.[0] ?? spec.clusterIP) === "None";
  if (!TYPES.includes(type)) report(["spec", "type"], unsupportedValue(type, TYPES), { at: "value" });
  if (headless && (type === "LoadBalancer" || type === "NodePort")) {
    report(
      spec.clusterIPs?.[0] === "None" ? ["spec", "clusterIPs", 0] : ["spec", "clusterIP"],
      invalidValue("None", `may not be set to 'None' for ${type} services`),
      {
        at: "value",
        hint: "a headless Service has no address and no rules; remove clusterIP, or the type",
      },
    );
  }
  checkPorts(spec, type, headless, report);
  if (type === "ExternalName") checkExternalName(spec, report);
  else checkFamilies(spec, report);
  checkLabels(spec.selector, ["spec", "selector"], report);
  checkAffinity(spec, report);
  checkExternalIPs(spec.externalIPs ?? [], report);
  checkLoadBalancer(spec, type, report);
  if (type === "LoadBalancer") checkSourceRanges(spec.loadBalancerSourceRanges ?? [], report);
  checkPolicies(spec, type, report);
  checkIngress(object.status?.loadBalancer?.ingress ?? [], type, report);
}
