/** An Ingress as ingress-nginx takes it: its annotations read, or refused as a whole. */
import type { Cause } from "../../../cause.ts";
import { CLASS_ANNOTATION } from "../../../kube/ingress/ingress.ts";
import type { IngressModel } from "../../../kube/ingress/ingress.ts";
import { didYouMean } from "../../../syntax/nearest.ts";
import type { IngressWarning, IngressWorld } from "../controller.ts";
import { ANNOTATIONS, NOT_DONE, SNIPPETS, WITHOUT_EFFECT } from "./annotations.ts";
import type { AnnotationName, AnnotationValues } from "./annotations.ts";
import type { NginxSettings } from "./settings.ts";

export interface NginxIngress {
  readonly ingress: IngressModel;
  readonly values: AnnotationValues;
  /** Why its locations answer 503. */
  readonly denied?: string | undefined;
  /** The line of an annotation; the Ingress' own where it has none. */
  causeOf(name: AnnotationName): Cause;
}

/** Whether the controller takes it up: by class, by the old annotation, or without either where a flag says that. */
function isServed(ingress: IngressModel, world: IngressWorld, settings: NginxSettings): boolean {
  const { className, annotations, namespace, rules } = ingress;
  if (settings.disableCatchAll && rules.length === 0) return false;
  if (settings.watchNamespace !== "" && settings.watchNamespace !== namespace) return false;
  if (className !== undefined)
    return world.classes.some(({ name, controller }) => name === className && controller === settings.controllerClass);
  const annotated = annotations[CLASS_ANNOTATION]?.value;
  return annotated === undefined ? settings.watchWithoutClass : annotated === settings.className;
}

/** Directives that could break out of the configuration (internal/ingress/inspector). */
const FORBIDDEN = [
  /\s*alias\s*.*;/s,
  /\s*root\s*.*;/s,
  /\/etc\/(?:passwd|shadow|group|nginx|ingress-controller)/,
  /\/var\/run\/secrets/,
  /_by_lua/,
];
const PLAIN_PATH = /^\/[A-Za-z0-9._\-/]*$/;

/** Why the controller refuses the whole Ingress. */
function refusal(ingress: IngressModel, settings: NginxSettings): Omit<IngressWarning, "hint"> | undefined {
  for (const { host = "", paths, cause } of ingress.rules) {
    if (FORBIDDEN.some((one) => one.test(host))) return { message: `host ${host} has an nginx directive`, cause };
    for (const one of paths ?? []) {
      const shown = JSON.stringify(one.path);
      if (FORBIDDEN.some((pattern) => pattern.test(one.path)))
        return { message: `path ${shown} has an nginx directive or path`, cause: one.cause };
      if (settings.strictPaths && one.type !== "ImplementationSpecific" && !PLAIN_PATH.test(one.path))
        return {
          message: `path ${shown} of type ${one.type} has characters of a regular expression (strict-validate-path-type)`,
          cause: one.cause,
        };
    }
  }
  for (const [key, { cause }] of Object.entries(ingress.annotations)) {
    const name = key.slice(settings.prefix.length + 1);
    if (key.startsWith(`${settings.prefix}/`) && SNIPPETS.has(name) && !settings.criticalAllowed)
      return { message: `${name} is of risk Critical, which annotations-risk-level does not allow`, cause };
  }
  return undefined;
}

const isKnown = (name: string): name is AnnotationName => Object.hasOwn(ANNOTATIONS, name);

function unknown(name: string, prefix: string): string | undefined {
  return didYouMean(name, Object.keys(ANNOTATIONS), `${prefix} knows`);
}

function readAnnotations(
  ingress: IngressModel,
  { prefix }: NginxSettings,
  warnings: IngressWarning[],
): Pick<NginxIngress, "values" | "denied"> {
  const values: Record<string, unknown> = {};
  let denied: string | undefined;
  for (const [key, { value, cause }] of Object.entries(ingress.annotations)) {
    if (!key.startsWith(`${prefix}/`)) continue;
    const name = key.slice(prefix.length + 1);
    const warn = (message: string, hint?: string): void => {
      warnings.push({ message: `${key} ${message}`, hint, cause });
    };
    if (SNIPPETS.has(name)) warn("has no effect: snippets of nginx' configuration are not run here");
    else if (Object.hasOwn(NOT_DONE, name)) warn(`has no effect: ${NOT_DONE[name] ?? ""}`);
    else if (WITHOUT_EFFECT.has(name)) continue;
    else if (!isKnown(name)) warn("is not an annotation of ingress-nginx", unknown(name, prefix));
    else {
      const { parse, expected, denies } = ANNOTATIONS[name];
      const trimmed = value.trim();
      if (trimmed === "") continue;
      const parsed = parse(trimmed);
      if (parsed !== undefined) values[name] = parsed;
      else {
        if (denies === true) denied ??= `${name} cannot be read`;
        warn(`cannot be read${denies === true ? ": the controller answers with 503" : ""}`, `it takes ${expected}`);
      }
    }
  }
  return { values, ...(denied === undefined ? {} : { denied }) };
}

export interface ReadIngresses {
  readonly taken: readonly NginxIngress[];
  /** Of its classes, those that are refused as well. */
  readonly served: readonly IngressModel[];
}

export function readIngresses(world: IngressWorld, settings: NginxSettings, warnings: IngressWarning[]): ReadIngresses {
  const served = world.ingresses.filter((one) => isServed(one, world, settings));
  const taken = served.flatMap((ingress): readonly NginxIngress[] => {
    const refused = refusal(ingress, settings);
    const who = `Ingress ${ingress.namespace}/${ingress.name}`;
    if (refused !== undefined) {
      warnings.push({ ...refused, message: `${who} is refused: ${refused.message}` });
      return [];
    }
    const read = readAnnotations(ingress, settings, warnings);
    const causeOf = (name: AnnotationName): Cause =>
      ingress.annotations[`${settings.prefix}/${name}`]?.cause ?? ingress.cause;
    return [{ ingress, ...read, causeOf }];
  });
  return { taken, served };
}
