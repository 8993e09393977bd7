/** Containers of pods: command, variables, mounts, ports and probes. */
import type { ContainerDocument } from "./container.ts";
import type { PodSpecDocument } from "./pod-spec.ts";
import type { ContainerModel } from "./pod-model.ts";
import { expandReferences } from "./container-env.ts";
import { isRun } from "./lasting-containers.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import type { ContainerVariables } from "./resolve-env.ts";
import { roleOf } from "./image-role.ts";
import { resolveProbe } from "./resolve-readiness-probe.ts";
import { resolveMounts } from "./resolve-volumes.ts";
import type { Scope } from "../../syntax/scope.ts";
import { probePorts } from "./probe-ports.ts";

const PROTOCOLS = { TCP: "tcp", UDP: "udp", SCTP: "sctp" } as const;

export function resolveContainer(
  doc: ContainerDocument,
  { env, startEnv, complete }: ContainerVariables,
  ofServices: Readonly<Record<string, string>>,
  { volumes, hostNetwork = false }: Pick<PodSpecDocument, "volumes" | "hostNetwork">,
  object: string,
  scope: Scope,
): ContainerModel {
  const command = [...(doc.command ?? []), ...(doc.args ?? [])].map((word) =>
    expandReferences(word, env, startEnv, ofServices),
  );
  const role = roleOf(doc.image, command);
  return {
    name: doc.name,
    ...(role === undefined ? {} : { role }),
    ...(isRun(doc) ? { command, ...mountsOf(doc, volumes ?? [], [env, startEnv]) } : {}),
    env,
    ...(Object.keys(startEnv).length === 0 ? {} : { startEnv }),
    ...(complete || !isRun(doc) ? {} : { withheld: true }),
    ...(doc.workingDir === undefined || doc.workingDir === "" ? {} : { workingDir: doc.workingDir }),
    ports: [
      ...(doc.ports ?? []).map((port, i) => ({
        ...(port.name === undefined ? {} : { name: port.name }),
        port: port.containerPort,
        protocol: PROTOCOLS[port.protocol ?? "TCP"],
        ...hostPortOf(port),
        cause: scope
          .at("ports", i)
          .cause(object, `port ${port.containerPort}/${PROTOCOLS[port.protocol ?? "TCP"]} of container ${doc.name}`),
      })),
      ...probePorts(doc, hostNetwork, object, scope),
    ],
    ...readProbes(doc, object, scope),
    cause: scope.cause(object, `container ${doc.name}`),
  };
}

function mountsOf(...[doc, volumes, envs]: Parameters<typeof resolveMounts>): Pick<ContainerModel, "mounts"> {
  const mounts = resolveMounts(doc, volumes, envs);
  return mounts.length === 0 ? {} : { mounts };
}

function hostPortOf({
  hostPort,
  hostIP,
}: NonNullable<ContainerDocument["ports"]>[number]): Pick<ContainerModel["ports"][number], "hostPort" | "hostIP"> {
  if (hostPort === undefined || hostPort === 0) return {};
  const at = parseLegacyAddress(hostIP ?? "");
  return at === undefined || at.address.value === 0n ? { hostPort } : { hostPort, hostIP: at.text };
}

function readProbes(
  doc: ContainerDocument,
  object: string,
  scope: Scope,
): Pick<ContainerModel, "startupProbe" | "readinessProbe"> {
  const startupProbe = resolveProbe("startupProbe", doc, object, scope);
  const readinessProbe = resolveProbe("readinessProbe", doc, object, scope);
  return {
    ...(startupProbe === undefined ? {} : { startupProbe }),
    ...(readinessProbe === undefined ? {} : { readinessProbe }),
  };
}
