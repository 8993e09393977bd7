/** Ports that a container's own probes use. */
import type { ContainerModel } from "./pod-model.ts";
import type { ContainerDocument } from "./container.ts";
import type { Scope } from "../../syntax/scope.ts";

type Port = ContainerModel["ports"][number];

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|::1)$/;

/** Whether a probe of this host reaches the pod: a node's loopback is that of the pods in its network. */
export function asksPod(host: string | undefined, hostNetwork: boolean): boolean {
  return (host ?? "") === "" || (hostNetwork && LOOPBACK.test(host ?? ""));
}

/** The ports that a stand-in's livenessProbe and startupProbe use on the pod itself, where it does not declare them. */
export function probePorts(
  doc: ContainerDocument,
  hostNetwork: boolean,
  object: string,
  scope: Scope,
): readonly Port[] {
  if ((doc.command ?? []).length > 0) return [];
  return (["livenessProbe", "startupProbe"] as const).flatMap((field) => {
    const probe = doc[field];
    const asked = probe?.httpGet ?? probe?.tcpSocket ?? probe?.grpc;
    if (asked === undefined || typeof asked.port !== "number") return [];
    if (doc.ports?.some(({ containerPort }) => containerPort === asked.port) === true) return [];
    if ("host" in asked && !asksPod(asked.host, hostNetwork)) return [];
    const cause = scope.at(field).cause(object, `${field} of container ${doc.name}`);
    return [{ port: asked.port, protocol: "tcp" as const, undeclared: true, cause }];
  });
}
