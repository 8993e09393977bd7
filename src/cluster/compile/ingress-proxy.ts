/** A controller of Ingresses in its pod: what its proxy serves there, as its flags, its ConfigMap and the cluster's Ingresses say. */
import { because } from "../../cause.ts";
import type { NodeDraft } from "../../fabric/node-draft.ts";
import type { ContainerModel } from "../../kube/pod/pod-model.ts";
import type { ContainerRole } from "../../kube/pod/image-role.ts";
import type { L7Certificate } from "../../resources/l7/definition.ts";
import type { ClusterModel } from "../cluster.ts";
import type { Translation } from "../ingress/controller.ts";
import { ingressController } from "../ingress/controllers.ts";
import { controllerConfig } from "../ingress/resolve-ingress.ts";

/** As IngressClasses name them. */
const CONTROLLERS: Readonly<Record<ContainerRole["controller"], string>> = { "ingress-nginx": "k8s.io/ingress-nginx" };

const NOTHING = { ingresses: [], classes: [], references: {} } as const;

/** Pods of one installation serve the same. */
const KNOWN = new WeakMap<object, Map<string, Translation>>();

/** Undefined: the controller is not known. */
export function translationFor(cluster: ClusterModel, role: ContainerRole): Translation | undefined {
  const controller = ingressController(CONTROLLERS[role.controller]);
  if (controller === undefined) return undefined;
  const world = { ...(cluster.ingress ?? NOTHING), services: cluster.services, slices: cluster.slices };
  const settings = { flags: role.flags, config: controllerConfig(role.flags, world.references) };
  let known = KNOWN.get(cluster);
  if (known === undefined) KNOWN.set(cluster, (known = new Map()));
  const key = JSON.stringify([role.controller, settings]);
  let translation = known.get(key);
  if (translation === undefined) known.set(key, (translation = controller.translate(world, settings)));
  return translation;
}

function certificatesOf(cluster: ClusterModel, { certificates }: Translation): Readonly<Record<string, L7Certificate>> {
  const { references = {} } = cluster.ingress ?? {};
  return Object.fromEntries(
    Object.entries(certificates).map(([id, source]): [string, L7Certificate] => {
      if ("selfSigned" in source) return [id, source];
      const texts = references[source.secret] ?? {};
      return [id, { certificate: texts["tls.crt"] ?? "", key: texts["tls.key"] ?? "" }];
    }),
  );
}

/** On its ports the controller answers, in the place of the built-in server; where its command is run, that has the ports. */
export function addIngressProxy(cluster: ClusterModel, container: ContainerModel, draft: NodeDraft): void {
  const { role, command } = container;
  const translation = role === undefined || command !== undefined ? undefined : translationFor(cluster, role);
  if (role === undefined || translation === undefined) return;
  const { table } = translation;
  const ports = new Set(table.ports.map(({ port, transport }) => `${transport}/${port}`));
  draft.keep("server", ({ port, protocol }) => !ports.has(`${protocol}/${port}`));
  draft.add({
    kind: "l7",
    name: role.controller,
    table,
    certificates: certificatesOf(cluster, translation),
    cause: because(container.cause, `${role.controller} takes requests, and sends each where an Ingress says`),
  });
}
