/** Containers of a pod: what they may contain, and Kubernetes' checks of it. */
import { roleOf } from "./image-role.ts";
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { parseLegacyAddress } from "../../net/legacy-address.ts";
import type { Path } from "../../syntax/path.ts";
import { checkName, checkPortName, DNS_LABEL, invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument, optionalArgument } from "../../syntax/scalar.ts";
import { checkEnv, envFrom, envVar } from "./env-var.ts";
import { checkReadinessProbe, readinessProbe } from "./readiness-probe.ts";
import { checkMounts, volumeMount } from "./volume.ts";

const containerPort = lazy(() =>
  z.strictObject({
    name: argument.optional(),
    containerPort: z.int(),
    protocol: z.enum(["TCP", "UDP", "SCTP"]).optional(),
    hostPort: z.int().optional(),
    hostIP: optionalArgument,
  }),
);

export const container = lazy(() =>
  z.strictObject({
    name: argument,
    command: z.array(argument).nullable().optional(),
    args: z.array(argument).nullable().optional(),
    env: z.array(envVar).nullable().optional(),
    workingDir: argument.optional(),
    ports: z.array(containerPort).nullable().optional(),
    envFrom: z.array(envFrom).nullable().optional(),
    image: argument.optional(),
    imagePullPolicy: anything,
    lifecycle: anything,
    livenessProbe: readinessProbe.nullable().optional(),
    readinessProbe: readinessProbe.nullable().optional(),
    resizePolicy: anything,
    resources: anything,
    restartPolicy: anything,
    restartPolicyRules: anything,
    securityContext: anything,
    startupProbe: readinessProbe.nullable().optional(),
    stdin: anything,
    stdinOnce: anything,
    terminationMessagePath: anything,
    terminationMessagePolicy: anything,
    tty: anything,
    volumeDevices: anything,
    volumeMounts: z.array(volumeMount).nullable().optional(),
  }),
);

export type ContainerDocument = z.infer<typeof container>;

const present = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);

function checkPorts(spec: ContainerDocument, path: Path, hostNetwork: boolean, report: Report): void {
  const names = new Set<string>();
  for (const [i, port] of (spec.ports ?? []).entries()) {
    const at = [...path, "ports", i];
    const range = "must be between 1 and 65535, inclusive";
    if (port.containerPort < 1 || port.containerPort > 65535) {
      report([...at, "containerPort"], invalidValue(port.containerPort, range), { at: "value" });
    }
    if (port.hostPort !== undefined && port.hostPort !== 0) {
      if (port.hostPort < 1 || port.hostPort > 65535)
        report([...at, "hostPort"], invalidValue(port.hostPort, range), { at: "value" });
      if (hostNetwork && port.hostPort !== port.containerPort) {
        report(
          [...at, "containerPort"],
          invalidValue(port.containerPort, "must match `hostPort` when `hostNetwork` is true"),
          {
            at: "value",
            hint: "with hostNetwork the container listens on the node itself; remove hostPort",
          },
        );
      }
    }
    if ((port.hostIP ?? "") !== "" && parseLegacyAddress(port.hostIP ?? "") === undefined)
      report(
        [...at, "hostIP"],
        invalidValue(port.hostIP, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        { at: "value" },
      );
    if (port.name === undefined || port.name === "") continue;
    checkPortName(port.name, [...at, "name"], report);
    if (names.has(port.name))
      report([...at, "name"], `Duplicate value: ${JSON.stringify(port.name)}`, {
        at: "value",
        hint: "port names are unique within a container",
      });
    names.add(port.name);
  }
}

/** Kubernetes' checks of one container, and what this lab does not do. */
export function checkContainer(
  spec: ContainerDocument,
  path: Path,
  { hostNetwork, volumes }: { readonly hostNetwork: boolean; readonly volumes: ReadonlySet<string> },
  report: Report,
): void {
  checkName(spec.name, DNS_LABEL, [...path, "name"], report);
  checkPorts(spec, path, hostNetwork, report);
  checkEnv(spec, path, report);
  checkMounts(spec.volumeMounts ?? [], volumes, path, report);
  const portNames = (spec.ports ?? []).flatMap(({ name }) => name ?? []);
  for (const field of ["readinessProbe", "livenessProbe", "startupProbe"] as const) {
    const probe = spec[field];
    if (probe !== undefined && probe !== null) checkReadinessProbe(probe, portNames, [...path, field], report);
  }
  for (const field of ["readinessProbe", "startupProbe"] as const)
    if (present(spec[field]?.exec) && !present(spec.command))
      report(
        [...path, field, "exec"],
        `exec without command is ignored: images are not run, the pod is ${field === "startupProbe" ? "started" : "ready"} without this probe`,
        { severity: "warning", hint: "give the container a command so that programs of this machine run both" },
      );
  if (present(spec.command) && !present(spec.image) && present(spec.livenessProbe))
    report([...path, "livenessProbe"], "livenessProbe is ignored: programs are not restarted", { severity: "warning" });
  if (present(spec.lifecycle)) {
    report([...path, "lifecycle"], "lifecycle is ignored: no hooks are run", { severity: "warning" });
  }
  if (present(spec.args) && !present(spec.command) && roleOf(spec.image ?? undefined, []) === undefined) {
    report(
      [...path, "args"],
      "args without command are ignored: images are not run, the built-in server answers on the declared ports",
      {
        severity: "warning",
        hint: "give a command to run a program of this machine",
      },
    );
  }
}
