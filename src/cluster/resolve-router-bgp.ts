/** `spec.cluster.router.bgp`: the AS that the lab's router is in. */
import { checkAsNumber, readAsNumber } from "../kube/calico/as-number.ts";
import type { Scope } from "../syntax/scope.ts";
import type { RouterBgp } from "./bgp/routers.ts";
import type { ClusterDocument } from "./schema.ts";

/** `scope`: of the cluster. */
export function resolveRouterBgp(doc: ClusterDocument, scope: Scope): RouterBgp | undefined {
  const asked = doc.router?.bgp.asNumber;
  if (asked === undefined) return undefined;
  const place = scope.at("router", "bgp", "asNumber");
  checkAsNumber(asked, [], (_path, message, { hint } = {}) => place.error(message, hint));
  const asn = readAsNumber(asked) ?? 0;
  if (asn === 0 && readAsNumber(asked) === 0)
    place.error("AS 0 is reserved (RFC 7607)", "private ones are 64512 to 65534");
  if (doc.flat === true)
    scope
      .at("flat")
      .error("flat gives the router routes to pods, and router.bgp makes it learn them", "choose one of the two");
  return { asn, cause: scope.at("router").cause(scope.at("router", "bgp").text, "the router speaks BGP") };
}
