/** What a controller of Ingresses is: it reads the objects of its classes and says what its proxy does. */
import type { Cause } from "../../cause.ts";
import type { Texts } from "../../kube/config-map/config-data.ts";
import type { IngressModel, IngressObjects } from "../../kube/ingress/ingress.ts";
import type { EndpointSliceModel, ServiceModel } from "../../kube/service/service.ts";
import type { RoutingTable } from "../../routing/model.ts";

/** What a controller reads of the cluster. */
export interface IngressWorld extends IngressObjects {
  readonly services: readonly ServiceModel[];
  readonly slices: readonly EndpointSliceModel[];
}

/** How one installation of a controller was started and configured. */
export interface ControllerSettings {
  /** Flags, `--ingress-class` → `nginx`. */
  readonly flags: Readonly<Record<string, string>>;
  /** Data of its ConfigMap. */
  readonly config: Texts;
}

export const DEFAULT_SETTINGS: ControllerSettings = { flags: {}, config: {} };

export interface IngressWarning {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly cause: Cause;
}

/** Where a certificate's PEM comes from: `tls.crt` and `tls.key` of a Secret (`Secret default/shop-tls`), or one that the controller makes. */
export type CertificateSource = { readonly secret: string } | { readonly selfSigned: string };

export interface Translation {
  readonly table: RoutingTable;
  /** By the ids in the table. */
  readonly certificates: Readonly<Record<string, CertificateSource>>;
  /** Those that it serves: their status shows the controller's addresses. */
  readonly served: readonly IngressModel[];
  readonly warnings: readonly IngressWarning[];
}

export interface IngressController {
  /** As IngressClasses name it. */
  readonly name: string;
  /** Pure. */
  translate(world: IngressWorld, settings: ControllerSettings): Translation;
}
