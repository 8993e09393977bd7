/** The name of a lab's network namespace on the host. */

/**
 * The name of the namespace on the host: `LAB.NODE` or `LAB.NODE.NAMESPACE.POD`; of a cluster with a name `LAB.west.NODE` …
 * Lab, node and Kubernetes namespace names contain no dot, so no two namespaces share a name.
 */
export function netnsName(lab: string, resource: { ns: string; node: string }): string {
  const slash = resource.ns.indexOf("/");
  if (slash < 0) return `${lab}.${resource.ns}`;
  // A pod's cluster is in its node's name already.
  const namespace = resource.ns.slice(resource.ns.lastIndexOf(".", slash) + 1, slash);
  return `${lab}.${resource.node}.${namespace}.${resource.ns.slice(slash + 1)}`;
}
