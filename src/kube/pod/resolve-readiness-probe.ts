/** A container's readinessProbe or startupProbe with the API server's defaults (pkg/apis/core/v1/defaults.go) and its named port found. */
import type { ContainerDocument } from "./container.ts";
import type { ReadinessProbe } from "./pod-model.ts";
import type { Scope } from "../../syntax/scope.ts";

const PERIOD = 10;
const TIMEOUT = 1;
const SUCCESS = 1;
const FAILURE = 3;

type Document = NonNullable<ContainerDocument["readinessProbe"]>;

function look(doc: Document, { command, ports }: ContainerDocument): ReadinessProbe["look"] | undefined {
  const number = (port: number | string): number =>
    typeof port === "number" ? port : (ports?.find(({ name }) => name === port)?.containerPort ?? 0);
  const host = (text: string | undefined) => ((text ?? "") === "" ? {} : { host: text });
  if (doc.httpGet !== undefined) {
    const { path = "", port, httpHeaders } = doc.httpGet;
    return {
      kind: "http",
      ...(doc.httpGet.scheme === "HTTPS" ? { tls: true } : {}),
      ...host(doc.httpGet.host),
      port: number(port),
      path: path.startsWith("/") ? path : `/${path}`,
      headers: Object.fromEntries((httpHeaders ?? []).map(({ name, value }) => [name, value])),
    };
  }
  if (doc.tcpSocket !== undefined)
    return { kind: "tcp", ...host(doc.tcpSocket.host), port: number(doc.tcpSocket.port) };
  if (doc.grpc !== undefined) return { kind: "grpc", port: doc.grpc.port, service: doc.grpc.service ?? "" };
  // Without a command the image's program would be probed, and images are not run.
  return doc.exec === undefined || (command ?? []).length === 0 ? undefined : { kind: "exec", argv: doc.exec.command };
}

/** It is not ready before a probe succeeds. */
export function isProbed(container: ContainerDocument): boolean {
  return (["startupProbe", "readinessProbe"] as const).some((field) => {
    const doc = container[field] ?? undefined;
    return doc !== undefined && look(doc, container) !== undefined;
  });
}

/** `scope`: the container's. */
export function resolveProbe(
  field: "startupProbe" | "readinessProbe",
  container: ContainerDocument,
  object: string,
  scope: Scope,
): ReadinessProbe | undefined {
  const doc = container[field] ?? undefined;
  const found = doc === undefined ? undefined : look(doc, container);
  if (doc === undefined || found === undefined) return undefined;
  // Zero is as good as nothing, but for the delay.
  const or = (value: number | null | undefined, fallback: number): number =>
    value === undefined || value === null || value === 0 ? fallback : value;
  return {
    look: found,
    initialDelay: doc.initialDelaySeconds ?? 0,
    period: or(doc.periodSeconds, PERIOD),
    timeout: or(doc.timeoutSeconds, TIMEOUT),
    success: or(doc.successThreshold, SUCCESS),
    failure: or(doc.failureThreshold, FAILURE),
    cause: scope.at(field).cause(object, `${field} of container ${container.name}`),
  };
}
