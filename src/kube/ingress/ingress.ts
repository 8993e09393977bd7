/** Ingress (networking.k8s.io/v1) and IngressClass, with their defaults: what controllers work from. */
import type { Cause } from "../../cause.ts";
import type { Scope } from "../../syntax/scope.ts";
import type { IngressClassModel } from "../ingress-class/ingress-class.ts";
import type { Texts } from "../config-map/config-data.ts";

/** A Service of the Ingress' own namespace; a resource is served by controllers that know it, none here. */
export type IngressBackendModel =
  | { readonly service: string; readonly port: number | string; readonly cause: Cause }
  | { readonly resource: string; readonly cause: Cause };

export const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"] as const;

export interface IngressPathModel {
  /** Empty: with ImplementationSpecific, everything. */
  readonly path: string;
  readonly type: (typeof PATH_TYPES)[number];
  readonly backend: IngressBackendModel;
  readonly cause: Cause;
}

export interface IngressRuleModel {
  /** `shop.example`, `*.shop.example`; absent: all hosts. */
  readonly host?: string | undefined;
  /** Absent: the rule has no http part, and its host goes to the default backend. */
  readonly paths?: readonly IngressPathModel[] | undefined;
  readonly cause: Cause;
}

export interface IngressTlsModel {
  readonly hosts: readonly string[];
  /** Of its own namespace. Absent: the controller's own certificate. */
  readonly secretName?: string | undefined;
  readonly cause: Cause;
}

export interface IngressAnnotation {
  readonly value: string;
  readonly cause: Cause;
}

export interface IngressModel {
  readonly namespace: string;
  readonly name: string;
  /** By their whole name. */
  readonly annotations: Readonly<Record<string, IngressAnnotation>>;
  /** As written, or as admission fills it in. Absent: the annotation kubernetes.io/ingress.class may name one. */
  readonly className?: string | undefined;
  readonly defaultBackend?: IngressBackendModel | undefined;
  readonly rules: readonly IngressRuleModel[];
  readonly tls: readonly IngressTlsModel[];
  readonly cause: Cause;
}

/** An Ingress of a manifest, with its place. */
export interface IngressInput {
  readonly ingress: IngressModel;
  readonly scope: Scope;
}

/** Of a cluster: what its controllers read. */
export interface IngressObjects {
  /** The oldest first, which is the order of the manifests. */
  readonly ingresses: readonly IngressModel[];
  readonly classes: readonly IngressClassModel[];
  /** Secrets and ConfigMaps that Ingresses name, by `Secret NAMESPACE/NAME`. */
  readonly references: Readonly<Record<string, Texts>>;
}

/** Honoured by some controllers where there is no ingressClassName. */
export const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
