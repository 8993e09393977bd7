/** Ingresses of a cluster: default classes filled in as admission does it, and what their controllers cannot do with them. */
import type { ConfigData } from "../../kube/config-map/config-data.ts";
import { configText } from "../../kube/config-map/config-data.ts";
import type { IngressClassInput } from "../../kube/ingress-class/ingress-class.ts";
import { CLASS_ANNOTATION } from "../../kube/ingress/ingress.ts";
import type { IngressInput, IngressModel, IngressObjects } from "../../kube/ingress/ingress.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { DEFAULT_SETTINGS } from "./controller.ts";
import type { ControllerSettings, IngressWorld } from "./controller.ts";
import type { PodModel } from "../../kube/pod/pod-model.ts";
import { ingressController, INGRESS_CONTROLLER_NAMES } from "./controllers.ts";
import { pemMistake } from "./pem.ts";

interface IngressManifests {
  readonly ingresses: readonly IngressInput[];
  readonly ingressClasses: readonly IngressClassInput[];
  readonly configs: ConfigData;
}

/** The admission plugin DefaultIngressClass: an Ingress that names no class gets the default one. */
function withDefaultClass({ ingress, scope }: IngressInput, classes: readonly IngressClassInput[]): IngressModel {
  if (ingress.className !== undefined || ingress.annotations[CLASS_ANNOTATION] !== undefined) return ingress;
  const defaults = classes.filter(({ ingressClass }) => ingressClass.isDefault);
  if (defaults.length > 1) {
    const names = defaults.map(({ ingressClass }) => ingressClass.name).join(", ");
    scope
      .at("spec")
      .keyError(
        `forbidden: Internal error occurred: ${defaults.length} default IngressClasses were found, only 1 allowed`,
        `name one of ${names}: ingressClassName: ${defaults[0]?.ingressClass.name ?? ""}`,
      );
    return ingress;
  }
  const [first] = defaults;
  return first === undefined ? ingress : { ...ingress, className: first.ingressClass.name };
}

function warnOfClass(
  { className }: IngressModel,
  { scope }: IngressInput,
  classes: readonly IngressClassInput[],
): void {
  const names = classes.map(({ ingressClass }) => ingressClass.name);
  if (className === undefined || names.includes(className)) return;
  scope
    .at("spec", "ingressClassName")
    .warn(
      `there is no IngressClass "${className}": the Ingress is not served`,
      didYouMean(className, names, "there are") ?? "add an IngressClass manifest of this name",
    );
}

function warnOfTls({ namespace, tls }: IngressModel, { scope }: IngressInput, configs: ConfigData): void {
  for (const [i, { secretName: name }] of tls.entries()) {
    if (name === undefined) continue;
    const object = configText({ kind: "Secret", namespace, name });
    const texts = configs.get(object)?.texts;
    const wrong = texts === undefined ? "does not exist" : pemMistake(texts);
    if (wrong !== undefined)
      scope
        .at("spec", "tls", i, "secretName")
        .warn(`${object} ${wrong}: the controller shows its own certificate`, "TLS Secrets have tls.crt and tls.key");
  }
}

/** What annotations and TLS name, of their own namespace unless they name another. */
function referencesOf(ingresses: readonly IngressModel[], configs: ConfigData): IngressObjects["references"] {
  const found: Record<string, IngressObjects["references"][string]> = {};
  for (const { namespace, annotations, tls } of ingresses) {
    const names = [...Object.values(annotations).map(({ value }) => value), ...tls.map((one) => one.secretName ?? "")];
    for (const name of names)
      for (const kind of ["Secret", "ConfigMap"]) {
        const object = `${kind} ${name.includes("/") ? name : `${namespace}/${name}`}`;
        const held = configs.get(object);
        if (held !== undefined) found[object] = held.texts;
      }
  }
  return found;
}

/** The flag of a controller by which its ConfigMap is named. */
const CONFIG_FLAG = "--configmap";

/** Data of the ConfigMap that a controller's flags name. */
export function controllerConfig(
  flags: ControllerSettings["flags"],
  references: IngressObjects["references"],
): ControllerSettings["config"] {
  return references[`ConfigMap ${flags[CONFIG_FLAG] ?? ""}`] ?? {};
}

/** ConfigMaps of the controllers that pods run. */
function configsOf(pods: readonly PodModel[], configs: ConfigData): IngressObjects["references"] {
  const found: Record<string, IngressObjects["references"][string]> = {};
  for (const { role } of pods.flatMap(({ containers }) => containers)) {
    const object = `ConfigMap ${role?.flags[CONFIG_FLAG] ?? ""}`;
    const held = configs.get(object);
    if (held !== undefined) found[object] = held.texts;
  }
  return found;
}

/** Undefined: there are none. `pods`: some may be controllers. */
export function resolveIngresses(manifests: IngressManifests, pods: readonly PodModel[]): IngressObjects | undefined {
  const { ingresses, ingressClasses, configs } = manifests;
  if (ingresses.length === 0 && ingressClasses.length === 0) return undefined;
  for (const { ingressClass, scope } of ingressClasses)
    if (ingressController(ingressClass.controller) === undefined)
      scope
        .at("spec", "controller")
        .warn(
          `no controller ${ingressClass.controller} is known here: Ingresses of the class are not served`,
          `known are ${INGRESS_CONTROLLER_NAMES.join(", ")}`,
        );
  const resolved = ingresses.map((input) => {
    const ingress = withDefaultClass(input, ingressClasses);
    warnOfClass(ingress, input, ingressClasses);
    warnOfTls(ingress, input, configs);
    return ingress;
  });
  return {
    ingresses: resolved,
    classes: ingressClasses.map(({ ingressClass }) => ingressClass),
    references: { ...referencesOf(resolved, configs), ...configsOf(pods, configs) },
  };
}

/** What controllers with their default settings warn of, and Ingresses that none serves. */
export function warnOfIngresses(world: IngressWorld, manifests: IngressManifests): void {
  const names = new Set(world.classes.map(({ controller }) => controller));
  const served = new Set<string>();
  for (const name of names) {
    const translation = ingressController(name)?.translate(world, DEFAULT_SETTINGS);
    for (const one of translation?.served ?? []) served.add(`${one.namespace}/${one.name}`);
    const [{ scope } = { scope: undefined }] = manifests.ingresses;
    for (const { message, hint, cause } of translation?.warnings ?? [])
      if (cause.source !== undefined) scope?.mistakes.add("warning", cause.source, [], message, hint);
  }
  if (world.classes.filter(({ isDefault }) => isDefault).length > 1) return;
  for (const { ingress, scope } of manifests.ingresses) {
    const { namespace, name } = ingress;
    const own = world.ingresses.find((one) => one.namespace === namespace && one.name === name);
    if (served.has(`${namespace}/${name}`) || own?.className !== undefined) continue;
    scope.warn(
      `Ingress ${namespace}/${name} has no class: no controller serves it`,
      world.classes.length === 0
        ? "add an IngressClass, or spec.cluster.ingress: ingress-nginx"
        : `ingressClassName: ${world.classes[0]?.name ?? ""}`,
    );
  }
}
